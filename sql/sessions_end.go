package sql

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// EndSession ends a session of the user. Repeating it is no error; not_found if
// it never was theirs. subjects are for FlushOutbox, the revocation first.
func (db *DB) EndSession(ctx context.Context, user events.Person, session, reason string, on chat.Device) (subjects []string, err error) {
	if !events.IsID(session) {
		return nil, noSession()
	}
	err = db.inTx(ctx, "end a session", func(ctx context.Context, tx pgx.Tx) error {
		var live bool
		err := tx.QueryRow(ctx, `
			SELECT ended IS NULL FROM sessions WHERE id = $1 AND user_id = $2 FOR NO KEY UPDATE`, session, user.ID).Scan(&live)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return noSession()
		case err != nil:
			return err
		case live:
			subjects, err = endNoted(ctx, tx, user, []string{session}, reason, on)
			return err
		}
		subjects, err = endSessions(ctx, tx, []string{session}, reason) // which may wait to be published
		return err
	})
	return subjects, err
}

func noSession() error { return chat.Errorf(chat.NotFound, "You have no such session.") }

// EndOtherSessions ends all sessions of the user but keep. A login that comes
// later is none of them. subjects are for FlushOutbox, the revocations first.
func (db *DB) EndOtherSessions(ctx context.Context, user events.Person, keep, reason string, on chat.Device) (subjects []string, err error) {
	if !events.IsID(user.ID) {
		return nil, noSession()
	}
	err = db.inTx(ctx, "end the other sessions", func(ctx context.Context, tx pgx.Tx) error {
		if err := lockPeople(ctx, tx, user.ID); err != nil {
			return err
		}
		others, err := otherSessions(ctx, tx, user.ID, keep)
		if err != nil {
			return err
		}
		subjects, err = endNoted(ctx, tx, user, others, reason, on)
		return err
	})
	return subjects, err
}

// otherSessions returns the user's sessions but keep ("" keeps none). The caller
// holds the user's lock.
func otherSessions(ctx context.Context, tx pgx.Tx, user, keep string) ([]string, error) {
	all, err := liveSessions(ctx, tx, user, 0)
	return slices.DeleteFunc(all, func(id string) bool { return id == keep }), err
}

// liveSessions returns the user's sessions but the newest, from the newest to
// the oldest. The caller holds the user's lock.
func liveSessions(ctx context.Context, tx pgx.Tx, user string, newest int) ([]string, error) {
	rows, err := tx.Query(ctx, `
		SELECT id::text FROM sessions
		WHERE user_id = $1 AND ended IS NULL AND expires > clock_timestamp()
		ORDER BY created DESC, id DESC OFFSET $2`, user, newest)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// endNoted ends sessions of the user, who did it, and notes each.
func endNoted(ctx context.Context, tx pgx.Tx, user events.Person, sessions []string, reason string, on chat.Device) ([]string, error) {
	subjects, err := endSessions(ctx, tx, sessions, reason)
	if err != nil {
		return nil, err
	}
	for _, id := range sessions {
		data := events.SecurityNotedData{Kind: events.NotedSessionEnded, Session: id, Detail: reason}
		noted, err := note(ctx, tx, user, user.ID, data, on)
		if err != nil {
			return nil, err
		}
		subjects = append(subjects, noted)
	}
	return subjects, nil
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
