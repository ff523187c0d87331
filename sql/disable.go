package sql

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Disable ends all sessions and invitations of the user and suspends their tokens: nothing that
// they hold is worth anything when it returns, and they can log in nowhere.
// ended are the ids of both. A moderator may do that to members, an owner to
// everybody but the last owner (conflict). For whom it is true already, it is no
// error, and nothing happens.
func (db *DB) Disable(ctx context.Context, by events.Person, user string, on chat.Device) (ended, subjects []string, err error) {
	err = db.inTx(ctx, "disable a person", func(ctx context.Context, tx pgx.Tx) error {
		p, err := subordinate(ctx, tx, by.ID, user)
		if err != nil || p.disabled {
			return err
		}
		if err := keepsAnOwner(ctx, tx, p); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE users SET disabled = clock_timestamp() WHERE id = $1`, p.ID); err != nil {
			return err
		}
		sessions, err := idsOf(ctx, tx, `SELECT id::text FROM sessions WHERE user_id = $1 AND ended IS NULL ORDER BY id`, p.ID)
		if err != nil {
			return err
		}
		if subjects, err = endSessions(ctx, tx, sessions, events.ReasonDisabled); err != nil {
			return err
		}
		tokens, suspended, err := db.ofTokens(ctx, tx, p.ID, func(token string) (string, error) {
			return revoke(ctx, tx, p.ID, token, events.ReasonDisabled)
		})
		if err != nil {
			return err
		}
		if err := endInvitationsOf(ctx, tx, by, p.ID, on); err != nil {
			return err
		}
		noted, err := note(ctx, tx, by, p.ID, events.SecurityNotedData{Kind: events.NotedDisabled}, on)
		ended, subjects = append(sessions, tokens...), append(append(subjects, suspended...), noted)
		return err
	})
	return ended, subjects, err
}

// Enable lets the user use natter again. restored are the ids of their tokens;
// sessions and invitations that ended stay so.
func (db *DB) Enable(ctx context.Context, by events.Person, user string, on chat.Device) (restored, subjects []string, err error) {
	err = db.inTx(ctx, "enable a person", func(ctx context.Context, tx pgx.Tx) error {
		p, err := subordinate(ctx, tx, by.ID, user)
		if err != nil || !p.disabled {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE users SET disabled = NULL WHERE id = $1`, p.ID); err != nil {
			return err
		}
		restored, subjects, err = db.ofTokens(ctx, tx, p.ID, func(token string) (string, error) {
			return restore(ctx, tx, p.ID, token)
		})
		if err != nil {
			return err
		}
		noted, err := note(ctx, tx, by, p.ID, events.SecurityNotedData{Kind: events.NotedEnabled}, on)
		subjects = append(subjects, noted)
		return err
	})
	return restored, subjects, err
}

// subordinate locks somebody whom by may disable.
func subordinate(ctx context.Context, tx pgx.Tx, by, user string) (lockedPerson, error) {
	role, err := asStaff(ctx, tx, by, chat.Moderator)
	if err != nil {
		return lockedPerson{}, err
	}
	p, err := lockPerson(ctx, tx, user)
	if err == nil && role != chat.Owner && p.role != chat.Plain {
		return p, chat.NothingHere()
	}
	return p, err
}

// ofTokens does something to each of the user's tokens that have not ended. The
// user's lock and the tokens' are held: a token that is made or revoked at the
// same time comes before or after.
func (db *DB) ofTokens(ctx context.Context, tx pgx.Tx, user string, do func(token string) (subject string, err error)) (tokens, subjects []string, err error) {
	tokens, err = idsOf(ctx, tx, `
		SELECT id::text FROM tokens
		WHERE user_id = $1 AND ended IS NULL AND (expires IS NULL OR expires > clock_timestamp())
		ORDER BY id FOR NO KEY UPDATE`, user)
	if err != nil {
		return nil, nil, err
	}
	for _, token := range tokens {
		subject, err := do(token)
		if err != nil {
			return nil, nil, err
		}
		subjects = append(subjects, subject)
	}
	return tokens, subjects, nil
}

func idsOf(ctx context.Context, tx pgx.Tx, query string, args ...any) ([]string, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
