package sql

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

const (
	// SessionLife is how long a session lasts without being refreshed.
	SessionLife = 30 * 24 * time.Hour
	// RefreshGrace is how long a refresh token is still honoured after its
	// successor was made: two tabs may refresh at once, an answer may get lost.
	RefreshGrace = 10 * time.Second
)

// StartSession makes another session of the user. Of those that they then have
// too many (Limits.Sessions), it ends the oldest. subjects are for FlushOutbox.
// wrong_credentials if the user was disabled.
func (db *DB) StartSession(ctx context.Context, user events.Person, on chat.Device) (s chat.Session, subjects []string, err error) {
	err = db.inTx(ctx, "start a session", func(ctx context.Context, tx pgx.Tx) error {
		s, subjects, err = db.startSession(ctx, tx, user, on)
		return err
	})
	return s, subjects, err
}

func (db *DB) startSession(ctx context.Context, tx pgx.Tx, user events.Person, on chat.Device) (s chat.Session, subjects []string, err error) {
	if err := lockUser(ctx, tx, user.ID); err != nil {
		return s, nil, err
	}
	if subjects, err = db.makeRoom(ctx, tx, user); err != nil {
		return s, nil, err
	}
	s = chat.Session{ID: chat.NewID(), User: user, Generation: 1}
	// The clock and not now(), which is when the transaction began: whoever got
	// the lock later is the younger.
	err = tx.QueryRow(ctx, `
		INSERT INTO sessions (id, user_id, generation, device, address, created, rotated, expires)
		VALUES ($1, $2, $3, $4, $5, clock_timestamp(), clock_timestamp(), clock_timestamp() + $6::interval)
		RETURNING expires`, s.ID, user.ID, s.Generation, on.Name, on.Address, SessionLife).Scan(&s.Expires)
	if err != nil {
		return s, nil, err
	}
	noted, err := note(ctx, tx, user, user.ID, events.SecurityNotedData{Kind: events.NotedLogin, Session: s.ID}, on)
	return s, append(subjects, noted), err
}

// lockUser takes the lock under which a person's sessions are counted, made and
// ended. wrong_credentials if they were disabled.
func lockUser(ctx context.Context, tx pgx.Tx, user string) error {
	var disabled bool
	err := tx.QueryRow(ctx, `SELECT disabled IS NOT NULL FROM users WHERE id = $1 FOR NO KEY UPDATE`, user).Scan(&disabled)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && disabled {
		return chat.Errorf(chat.WrongCredentials, "The name or the password is wrong.")
	}
	return err
}

// makeRoom ends as many of the user's oldest sessions as one more needs. The
// caller holds the user's lock.
func (db *DB) makeRoom(ctx context.Context, tx pgx.Tx, user events.Person) ([]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT id::text FROM sessions
		WHERE user_id = $1 AND ended IS NULL AND expires > clock_timestamp()
		ORDER BY created DESC, id DESC OFFSET $2`, user.ID, db.limits.Sessions-1)
	if err != nil {
		return nil, err
	}
	oldest, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, err
	}
	return endSessions(ctx, tx, oldest, events.ReasonTooMany)
}

// endSessions ends each of the sessions that has not ended.
func endSessions(ctx context.Context, tx pgx.Tx, sessions []string, reason string) (subjects []string, err error) {
	for _, id := range sessions {
		subject, err := endSession(ctx, tx, id, reason)
		if err != nil {
			return nil, err
		}
		subjects = append(subjects, subject)
	}
	return subjects, nil
}

// lockedSession is a session whose row is locked, at the server's time.
type lockedSession struct {
	chat.Session
	live       bool // neither ended nor expired
	sinceMoved time.Duration
}

// RotateSession redeems generation of a session's refresh token and returns
// the session with its next generation. The direct predecessor is honoured
// again within RefreshGrace and yields the same successor; anything older ends
// the session, and subject is its revocation. The error is then, as for a session
// that has ended or never was, unauthenticated.
func (db *DB) RotateSession(ctx context.Context, session string, generation uint32) (s chat.Session, subject string, err error) {
	refused := chat.Errorf(chat.Unauthenticated, "This session has ended: log in again.")
	if !events.IsID(session) {
		return s, "", refused
	}
	reused := false
	err = db.inTx(ctx, "rotate a session", func(ctx context.Context, tx pgx.Tx) error {
		held, err := lockSession(ctx, tx, session)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return refused
		case err != nil:
			return err
		case !held.live || generation > held.Generation:
			return refused
		case generation == held.Generation:
			s, err = held.rotate(ctx, tx)
			return err
		case generation+1 == held.Generation && held.sinceMoved <= RefreshGrace:
			s = held.Session
			return nil
		}
		reused = true // a stolen token, or its thief, shows itself: end the family
		subject, err = endSession(ctx, tx, held.ID, events.ReasonReuse)
		return err
	})
	if err == nil && reused {
		db.logger.Warn("session ended: an old refresh token was used again", "session", session)
		return chat.Session{}, subject, refused
	}
	return s, subject, err
}

func lockSession(ctx context.Context, tx pgx.Tx, session string) (lockedSession, error) {
	// The lock first and the clock after it: whoever waited sees the time at
	// which it got the row.
	if _, err := tx.Exec(ctx, `SELECT FROM sessions WHERE id = $1 FOR NO KEY UPDATE`, session); err != nil {
		return lockedSession{}, err
	}
	var s lockedSession
	err := tx.QueryRow(ctx, `
		SELECT s.id, s.generation, s.expires, u.id, u.name,
		       s.ended IS NULL AND s.expires > clock_timestamp(),
		       clock_timestamp() - s.rotated
		FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1`, session).
		Scan(&s.ID, &s.Generation, &s.Expires, &s.User.ID, &s.User.Name, &s.live, &s.sinceMoved)
	return s, err
}

func (s lockedSession) rotate(ctx context.Context, tx pgx.Tx) (chat.Session, error) {
	next := s.Session
	err := tx.QueryRow(ctx, `
		UPDATE sessions SET generation = generation + 1, rotated = clock_timestamp(),
		       expires = clock_timestamp() + $2::interval
		WHERE id = $1 RETURNING generation, expires`, s.ID, SessionLife).Scan(&next.Generation, &next.Expires)
	return next, err
}

// EndSession marks the session as ended. Repeating it is no error.
func (db *DB) EndSession(ctx context.Context, session, reason string) (subject string, err error) {
	if !events.IsID(session) {
		return "", nil
	}
	err = db.inTx(ctx, "end a session", func(ctx context.Context, tx pgx.Tx) error {
		subject, err = endSession(ctx, tx, session, reason)
		return err
	})
	return subject, err
}

func endSession(ctx context.Context, tx pgx.Tx, session, reason string) (subject string, err error) {
	var user string
	err = tx.QueryRow(ctx, `
		UPDATE sessions SET ended = clock_timestamp(), reason = $2
		WHERE id = $1 AND ended IS NULL RETURNING user_id`, session, reason).Scan(&user)
	if errors.Is(err, pgx.ErrNoRows) {
		return pending(ctx, tx, events.Sessions.Subject(session))
	}
	if err != nil {
		return "", err
	}
	return revoke(ctx, tx, user, session, reason)
}

// EndedSessions returns those of the sessions, or personal access tokens, that
// have ended, have expired, are suspended or never were.
func (db *DB) EndedSessions(ctx context.Context, sessions []string) ([]string, error) {
	var ended, known []string
	for _, id := range sessions {
		if events.IsID(id) {
			known = append(known, id)
		} else {
			ended = append(ended, id)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT asked.id::text FROM unnest($1::uuid[]) AS asked (id)
		WHERE NOT EXISTS (
			SELECT FROM sessions s
			WHERE s.id = asked.id AND s.ended IS NULL AND s.expires > clock_timestamp())
		AND NOT EXISTS (
			SELECT FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.id = asked.id AND `+tokenLives+`)`, known)
	if err != nil {
		return nil, db.failed("check sessions", err)
	}
	more, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, db.failed("check sessions", err)
	}
	return append(ended, more...), nil
}
