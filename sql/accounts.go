package sql

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// SignUp makes a user, who joins the lobby, and their first session. subjects
// are for FlushOutbox. name_taken if somebody has the name, conflict if somebody
// has the address. The first account is the owner's, unless the operator named one.
func (db *DB) SignUp(ctx context.Context, a chat.NewAccount, on chat.Device) (s chat.Session, subjects []string, err error) {
	if a.Admission == nil {
		a.Admission = &chat.Admission{Mode: chat.ModeOpen}
	}
	err = db.inTx(ctx, "sign up", func(ctx context.Context, tx pgx.Tx) error {
		s, subjects, err = db.signUp(ctx, tx, a, on)
		return err
	})
	if err != nil {
		return chat.Session{}, nil, err
	}
	return s, subjects, nil
}

// signUp makes an account in a transaction that does more. Without an Admission
// nobody but the first is let in: whoever forgets to ask must not open the door.
func (db *DB) signUp(ctx context.Context, tx pgx.Tx, a chat.NewAccount, on chat.Device) (s chat.Session, subjects []string, err error) {
	if err := chat.CheckUserName(a.Name); err != nil {
		return s, nil, err
	}
	user := events.Person{ID: chat.NewID(), Name: a.Name}
	if err := insertUser(ctx, tx, user, a); err != nil {
		return s, nil, err
	}
	noted, err := note(ctx, tx, user, user.ID, events.SecurityNotedData{Kind: events.NotedSignUp}, on)
	if err != nil {
		return s, nil, err
	}
	// The session first: the lobby's lock is everybody's, hold it briefly.
	if s, _, err = db.startSession(ctx, tx, user, on); err != nil {
		return s, nil, err
	}
	lobby, err := lockRoom(ctx, tx, LobbyID)
	if err != nil {
		return s, nil, err
	}
	joined, err := lobby.admit(ctx, tx, user, chat.Plain)
	return s, []string{joined, noted}, err
}

// firstOwner is the lock under which the first account becomes the owner's.
const firstOwner = 0x6e6f776e // in hex: "nown"

func insertUser(ctx context.Context, tx pgx.Tx, user events.Person, a chat.NewAccount) error {
	role, err := roleOf(ctx, tx, a)
	if err != nil {
		return err
	}
	if err := admit(ctx, tx, a, role); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `
		INSERT INTO users (id, name, name_key, email, email_key, password_hash, role) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (name_key) DO NOTHING`,
		user.ID, user.Name, nameKey(user.Name), orNull(a.Email), orNull(emailKey(a.Email)), a.PasswordHash, role)
	switch {
	case isTakenBy(err, "users_email_key"):
		return addressTaken()
	case err != nil:
		return err
	case tag.RowsAffected() == 0:
		return &chat.Error{Code: chat.NameTaken, Field: "name", Detail: "Somebody has this name already: choose another."}
	}
	return nil
}

// roleOf returns the role of an account that is made now. Of many that are made
// at once, one is the first.
func roleOf(ctx context.Context, tx pgx.Tx, a chat.NewAccount) (chat.Role, error) {
	role := cmp.Or(a.Role, chat.Plain)
	if a.Admission != nil && isOwners(a.Email, *a.Admission) {
		return chat.Owner, nil
	}
	if a.Admission.NamesOwner() {
		return role, nil // whoever comes first is not the one
	}
	const owned = `SELECT EXISTS (SELECT FROM users WHERE role = 'owner')`
	var exists bool
	if err := tx.QueryRow(ctx, owned).Scan(&exists); err != nil || exists {
		return role, err
	}
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, firstOwner); err != nil {
		return role, err
	}
	if err := tx.QueryRow(ctx, owned).Scan(&exists); err != nil || exists {
		return role, err
	}
	return chat.Owner, nil
}

// Password returns the user of that name or address, and their password hash;
// not_found for a stranger. No name has an @ in it. Whoever is disabled has no
// password, as who signs in elsewhere.
func (db *DB) Password(ctx context.Context, name string) (user events.Person, hash string, err error) {
	if !storable(name) {
		return user, "", nobody()
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	key := "name_key"
	if strings.Contains(name, "@") {
		key = "email_key" // names and addresses are folded alike
	}
	err = db.pool.QueryRow(ctx, `
		SELECT id, name, CASE WHEN disabled IS NULL THEN password_hash ELSE '' END
		FROM users WHERE `+key+` = $1`, nameKey(name)).Scan(&user.ID, &user.Name, &hash)
	if errors.Is(err, pgx.ErrNoRows) {
		return user, "", nobody()
	}
	return user, hash, db.maybe("find a password", err)
}

// personNamed returns the user of that name; not_found if there is none.
func personNamed(ctx context.Context, q querier, name string) (events.Person, error) {
	var p events.Person
	if !storable(name) {
		return p, nobody()
	}
	err := q.QueryRow(ctx, `SELECT id, name FROM users WHERE name_key = $1`, nameKey(name)).Scan(&p.ID, &p.Name)
	if errors.Is(err, pgx.ErrNoRows) {
		return p, nobody()
	}
	return p, err
}
