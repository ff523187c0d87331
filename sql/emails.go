package sql

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// HolderOf returns who has the address; not_found if nobody has.
func (db *DB) HolderOf(ctx context.Context, email string) (h chat.Holder, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	err = db.pool.QueryRow(ctx, `SELECT id, name, email, disabled IS NOT NULL FROM users WHERE email_key = $1`, emailKey(email)).
		Scan(&h.User.ID, &h.User.Name, &h.Email, &h.Disabled)
	if errors.Is(err, pgx.ErrNoRows) {
		return h, chat.Errorf(chat.NotFound, "Nobody has that address.")
	}
	return h, db.maybe("find an address", err)
}

// Account returns what the user sees of their account.
func (db *DB) Account(ctx context.Context, user string) (a chat.Account, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	a, err = account(ctx, db.pool, user)
	return a, db.maybe("look at an account", err)
}

func account(ctx context.Context, q querier, user string) (a chat.Account, err error) {
	err = q.QueryRow(ctx, `SELECT coalesce(email, ''), role, password_hash <> '', created FROM users WHERE id = $1`, user).
		Scan(&a.Email, &a.Role, &a.HasPassword, &a.Created)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, nobody()
	}
	return a, err
}

// SignUpWith is SignUp with the flow's code, for the account that the flow
// describes or, where that name is taken, for another name.
func (db *DB) SignUpWith(ctx context.Context, f chat.Flow, a chat.NewAccount, on chat.Device) (s chat.Session, subjects []string, err error) {
	err = db.inTx(ctx, "sign up", func(ctx context.Context, tx pgx.Tx) error {
		if err := useCode(ctx, tx, f); err != nil {
			return err
		}
		s, subjects, err = db.signUp(ctx, tx, a, on)
		return err
	})
	if err != nil {
		return chat.Session{}, nil, err
	}
	return s, subjects, nil
}

// ChangeEmail makes the flow's address that of its user, with the flow's code.
// before is the address that they had, or "". conflict if an account has the
// address meanwhile.
func (db *DB) ChangeEmail(ctx context.Context, f chat.Flow, by events.Person, on chat.Device) (a chat.Account, before string, subjects []string, err error) {
	err = db.inTx(ctx, "change an address", func(ctx context.Context, tx pgx.Tx) error {
		if err := lockUser(ctx, tx, f.User); err != nil {
			return err
		}
		if err := useCode(ctx, tx, f); err != nil { // after the user: dropCodes locks further codes
			return err
		}
		old, err := account(ctx, tx, f.User)
		if err != nil {
			return err
		}
		before = old.Email
		_, err = tx.Exec(ctx, `UPDATE users SET email = $2, email_key = $3 WHERE id = $1`, f.User, f.Email, emailKey(f.Email))
		switch {
		case isTakenBy(err, "users_email_key"):
			return addressTaken()
		case err != nil:
			return err
		}
		if err := dropCodes(ctx, tx, f.User, before); err != nil {
			return err
		}
		subject, err := note(ctx, tx, by, f.User, events.SecurityNotedData{Kind: events.NotedEmailChanged}, on)
		if err != nil {
			return err
		}
		subjects = []string{subject}
		a, err = account(ctx, tx, f.User)
		return err
	})
	return a, before, subjects, err
}

// Note writes down that something happened to the user's account which changed
// nothing in it. by is nobody for a stranger.
func (db *DB) Note(ctx context.Context, by events.Person, user, kind string, on chat.Device) (subject string, err error) {
	err = db.inTx(ctx, "note something", func(ctx context.Context, tx pgx.Tx) error {
		subject, err = note(ctx, tx, by, user, events.SecurityNotedData{Kind: kind}, on)
		return err
	})
	return subject, err
}

// NobodyYet reports whether there is no account at all.
func (db *DB) NobodyYet(ctx context.Context) (none bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	err = db.pool.QueryRow(ctx, `SELECT NOT EXISTS (SELECT FROM users)`).Scan(&none)
	return none, db.maybe("look for accounts", err)
}
