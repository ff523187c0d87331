package sql

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// lockedSession is a session whose row is locked, at the server's time.
type lockedSession struct {
	chat.Session
	live       bool // neither ended nor expired, and its person not disabled
	sinceMoved time.Duration
}

// RotateSession redeems generation of a session's refresh token and returns
// the session with its next generation. The direct predecessor is honoured
// again within RefreshGrace and yields the same successor; anything older ends
// the session, which its person is told: subjects then begins with its revocation.
// The error is then, as for a session that has ended or never was, unauthenticated.
func (db *DB) RotateSession(ctx context.Context, session string, generation uint32, on chat.Device) (s chat.Session, subjects []string, err error) {
	refused := chat.Errorf(chat.Unauthenticated, "This session has ended: log in again.")
	if !events.IsID(session) {
		return s, nil, refused
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
			s, err = held.rotate(ctx, tx, on)
			return err
		case generation+1 == held.Generation && held.sinceMoved <= RefreshGrace:
			s = held.Session
			return nil
		}
		reused = true // a stolen token, or its thief, shows itself: end the family
		subjects, err = held.betrayed(ctx, tx, on)
		return err
	})
	if err == nil && reused {
		db.logger.Warn("session ended: an old refresh token was used again", "session", session)
		return chat.Session{}, subjects, refused
	}
	return s, subjects, err
}

// betrayed ends a session of which an old token was used on a device, and tells
// its person.
func (s lockedSession) betrayed(ctx context.Context, tx pgx.Tx, on chat.Device) ([]string, error) {
	revoked, err := endSession(ctx, tx, s.ID, events.ReasonReuse)
	if err != nil {
		return nil, err
	}
	told, err := noteAndTell(ctx, tx, events.Person{}, s.User.ID, events.SecurityNotedData{Kind: events.NotedRefreshReuse, Session: s.ID}, on)
	return append([]string{revoked}, told...), err
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
		       s.ended IS NULL AND s.expires > clock_timestamp() AND u.disabled IS NULL,
		       clock_timestamp() - s.rotated
		FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1`, session).
		Scan(&s.ID, &s.Generation, &s.Expires, &s.User.ID, &s.User.Name, &s.live, &s.sinceMoved)
	return s, err
}

func (s lockedSession) rotate(ctx context.Context, tx pgx.Tx, on chat.Device) (chat.Session, error) {
	next := s.Session
	err := tx.QueryRow(ctx, `
		UPDATE sessions SET generation = generation + 1, rotated = clock_timestamp(), seen = clock_timestamp(),
		       device = $3, address = $4, expires = clock_timestamp() + $2::interval
		WHERE id = $1 RETURNING generation, expires`, s.ID, SessionLife, on.Name, on.Address).Scan(&next.Generation, &next.Expires)
	return next, err
}
