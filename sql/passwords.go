package sql

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// PasswordOf returns the hash of the user's password, "" if there is none.
func (db *DB) PasswordOf(ctx context.Context, user string) (hash string, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	err = db.pool.QueryRow(ctx, `SELECT password_hash FROM users WHERE id = $1`, user).Scan(&hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nobody()
	}
	return hash, db.maybe("find a password", err)
}

// ChangePassword replaces the hash that the caller has checked, unless somebody
// else was faster (wrong_credentials), and ends all sessions but keep. subjects
// are for FlushOutbox.
func (db *DB) ChangePassword(ctx context.Context, user events.Person, keep, old, hash string, on chat.Device) (subjects []string, err error) {
	err = db.inTx(ctx, "change a password", func(ctx context.Context, tx pgx.Tx) error {
		if err := lockUser(ctx, tx, user.ID); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `UPDATE users SET password_hash = $2 WHERE id = $1 AND password_hash = $3`, user.ID, hash, old)
		switch {
		case err != nil:
			return err
		case tag.RowsAffected() == 0:
			return chat.Errorf(chat.WrongCredentials, "The old password is wrong.")
		}
		subjects, err = passwordChanged(ctx, tx, user, keep, on)
		return err
	})
	return subjects, err
}

// ResetPassword sets a new password with the flow's code, ends all sessions and
// personal access tokens, and starts a session. The account is the mailbox's
// owner's from then on: identities at providers, which might be a former owner's,
// are untied from it. wrong_code if no account has the flow's address any more.
func (db *DB) ResetPassword(ctx context.Context, f chat.Flow, hash string, on chat.Device) (s chat.Session, subjects []string, err error) {
	err = db.inTx(ctx, "reset a password", func(ctx context.Context, tx pgx.Tx) error {
		var user events.Person
		err := tx.QueryRow(ctx, `SELECT id, name FROM users WHERE email_key = $1`, emailKey(f.Email)).Scan(&user.ID, &user.Name)
		if errors.Is(err, pgx.ErrNoRows) {
			return chat.NoSuchCode()
		}
		if err != nil {
			return err
		}
		if err := lockUser(ctx, tx, user.ID); err != nil {
			return err
		}
		if err := useCode(ctx, tx, f); err != nil { // after the user: passwordChanged locks further codes
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE users SET password_hash = $2 WHERE id = $1`, user.ID, hash); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM identities WHERE user_id = $1`, user.ID); err != nil {
			return err
		}
		if subjects, err = passwordChanged(ctx, tx, user, "", on); err != nil {
			return err
		}
		tokens, err := db.endTokens(ctx, tx, user.ID, events.ReasonPassword)
		if err != nil {
			return err
		}
		var more []string
		s, more, err = db.startSession(ctx, tx, user, on)
		subjects = slices.Concat(subjects, tokens, more)
		return err
	})
	return s, subjects, err
}

// passwordChanged does what every new password brings: whoever used the old one
// is out, and codes that were asked for before fit no more. The caller holds the
// user's lock.
func passwordChanged(ctx context.Context, tx pgx.Tx, user events.Person, keep string, on chat.Device) (subjects []string, err error) {
	others, err := otherSessions(ctx, tx, user.ID, keep)
	if err != nil {
		return nil, err
	}
	if subjects, err = endSessions(ctx, tx, others, events.ReasonPassword); err != nil {
		return nil, err
	}
	var email string
	if err := tx.QueryRow(ctx, `SELECT coalesce(email, '') FROM users WHERE id = $1`, user.ID).Scan(&email); err != nil {
		return nil, err
	}
	if err := dropCodes(ctx, tx, user.ID, email); err != nil {
		return nil, err
	}
	noted, err := note(ctx, tx, user, user.ID, events.SecurityNotedData{Kind: events.NotedPasswordChanged, Session: keep}, on)
	return append(subjects, noted), err
}
