package sql

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// SignInElsewhere starts a session of whoever a provider says that it is: the
// user whom the identity belongs to; else the one with the address that the
// provider has verified, whom it then belongs to; else a new one, made from a
// under the first of its names that is free. An address that CheckEmail refuses
// counts for nothing. subjects are for FlushOutbox.
// wrong_credentials if that user was disabled, other_identity if the one with
// the address has another subject of the same issuer.
func (db *DB) SignInElsewhere(ctx context.Context, who chat.Identity, a chat.NewAccount, on chat.Device) (s chat.Session, subjects []string, err error) {
	if !storable(who.Issuer) || !storable(who.Subject) || !storable(who.Email) {
		return s, nil, chat.Errorf(chat.Unauthenticated, "The other service's answer is not valid.")
	}
	if chat.CheckEmail(who.Email) != nil {
		who.Email = "" // folded, it could be compared as somebody else's, or the owner's
	}
	// Of many who come with the same identity, address or name at once, one is
	// the first; the others look again, and find what it made.
	for range 5 {
		err = db.inTx(ctx, "sign in elsewhere", func(ctx context.Context, tx pgx.Tx) error {
			s, subjects, err = db.signInElsewhere(ctx, tx, who, a, on)
			return err
		})
		if code := chat.CodeOf(err); code != chat.NameTaken && code != chat.Conflict {
			break
		}
	}
	if err != nil {
		return chat.Session{}, nil, err
	}
	return s, subjects, nil
}

func (db *DB) signInElsewhere(ctx context.Context, tx pgx.Tx, who chat.Identity, a chat.NewAccount, on chat.Device) (s chat.Session, subjects []string, err error) {
	user, err := personOf(ctx, tx, who)
	if err == nil {
		return db.startIfStill(ctx, tx, who, user, on)
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return s, nil, err
	}
	user, err = personWith(ctx, tx, who.Email)
	known := err == nil
	switch {
	case known:
		if err = hasNoOther(ctx, tx, who, user); err == nil {
			s, subjects, err = db.startSession(ctx, tx, user, on)
		}
	case errors.Is(err, pgx.ErrNoRows):
		if a.Name, err = freeName(ctx, tx, who.Names); err == nil {
			a.Email, a.PasswordHash = who.Email, ""
			s, subjects, err = db.signUp(ctx, tx, a, on)
		}
	}
	if err != nil {
		return s, nil, err
	}
	linked, err := link(ctx, tx, who, s.User, known, on)
	return s, append(subjects, linked...), err
}

// startIfStill starts a session of whom the identity belongs to, unless a reset
// of the password has untied them meanwhile: conflict, and they are looked for
// again. The lock first and the question after it, or a session would outlive
// the reset.
func (db *DB) startIfStill(ctx context.Context, tx pgx.Tx, who chat.Identity, user events.Person, on chat.Device) (s chat.Session, subjects []string, err error) {
	if err := lockUser(ctx, tx, user.ID); err != nil {
		return s, nil, err
	}
	switch now, err := personOf(ctx, tx, who); {
	case errors.Is(err, pgx.ErrNoRows) || err == nil && now != user:
		return s, nil, chat.Errorf(chat.Conflict, "This sign-in was untied from its account just now. Try again.")
	case err != nil:
		return s, nil, err
	}
	return db.startSession(ctx, tx, user, on)
}

// hasNoOther returns other_identity if the user, whose row is locked, has
// another subject of the same issuer: an address that was given to somebody
// else must not give them the account (OpenID Connect Core 1.0, section 5.7).
func hasNoOther(ctx context.Context, tx pgx.Tx, who chat.Identity, user events.Person) error {
	var other bool
	err := tx.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM identities WHERE user_id = $1 AND issuer = $2 AND subject <> $3)`,
		user.ID, who.Issuer, who.Subject).Scan(&other)
	if err == nil && other {
		return chat.Errorf(chat.OtherIdentity, "The account with this address belongs to another sign-in of that service. Log in with the password, or set a new one by mail.")
	}
	return err
}

// personOf returns whom the identity belongs to.
func personOf(ctx context.Context, q querier, who chat.Identity) (p events.Person, err error) {
	err = q.QueryRow(ctx, `
		SELECT u.id, u.name FROM identities i JOIN users u ON u.id = i.user_id
		WHERE i.issuer = $1 AND i.subject = $2`, who.Issuer, who.Subject).Scan(&p.ID, &p.Name)
	return p, err
}

// personWith returns who has the address, and locks their row.
func personWith(ctx context.Context, tx pgx.Tx, email string) (p events.Person, err error) {
	if email == "" {
		return p, pgx.ErrNoRows
	}
	err = tx.QueryRow(ctx, `SELECT id, name FROM users WHERE email_key = $1 FOR NO KEY UPDATE`, emailKey(email)).Scan(&p.ID, &p.Name)
	return p, err
}

// link makes the identity the user's, and tells a user who was known before, by
// a notification; conflict if it is somebody's already.
func link(ctx context.Context, tx pgx.Tx, who chat.Identity, user events.Person, known bool, on chat.Device) (subjects []string, err error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO identities (issuer, subject, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		who.Issuer, who.Subject, user.ID)
	if err != nil {
		return nil, err
	}
	if tag.RowsAffected() == 0 {
		return nil, chat.Errorf(chat.Conflict, "This sign-in belongs to another account.")
	}
	data := events.SecurityNotedData{Kind: events.NotedIdentityLinked, Detail: who.Issuer}
	if known {
		return noteAndTell(ctx, tx, user, user.ID, data, on)
	}
	subject, err := note(ctx, tx, user, user.ID, data, on)
	return []string{subject}, err
}

// freeName returns the first of the names, or of what is made from them, that
// nobody has.
func freeName(ctx context.Context, q querier, names []string) (string, error) {
	candidates := chat.SuggestNames(names)
	rows, err := q.Query(ctx, `SELECT name_key FROM users WHERE name_key = ANY($1)`, nameKeys(candidates))
	if err != nil {
		return "", err
	}
	taken, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", err
	}
	used := map[string]bool{}
	for _, key := range taken {
		used[key] = true
	}
	for _, name := range candidates {
		if !used[nameKey(name)] {
			return name, nil
		}
	}
	return "", chat.Errorf(chat.NameTaken, "Every name like yours is taken here.")
}
