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
	if subjects, err = db.makeRoom(ctx, tx, user, on); err != nil {
		return s, nil, err
	}
	s = chat.Session{ID: chat.NewID(), User: user, Generation: 1}
	// The clock under the lock, not the transaction's: who waited longest is not
	// the oldest session.
	err = tx.QueryRow(ctx, `
		INSERT INTO sessions (id, user_id, generation, device, address, created, seen, rotated, expires)
		SELECT $1, $2, $3, $4, $5, now, now, now, now + $6::interval FROM clock_timestamp() now
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
func (db *DB) makeRoom(ctx context.Context, tx pgx.Tx, user events.Person, on chat.Device) ([]string, error) {
	oldest, err := liveSessions(ctx, tx, user.ID, db.limits.Sessions-1)
	if err != nil {
		return nil, err
	}
	return endNoted(ctx, tx, user, oldest, events.ReasonTooMany, on)
}
