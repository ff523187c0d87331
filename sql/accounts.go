package sql

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// SignUp makes a user, who joins the lobby, and their first session. subject
// is the lobby's, for FlushOutbox. name_taken if somebody has the name.
func (db *DB) SignUp(ctx context.Context, name, passwordHash string) (s chat.Session, subject string, err error) {
	if err := chat.CheckUserName(name); err != nil {
		return s, "", err
	}
	user := events.Person{ID: chat.NewID(), Name: name}
	err = db.inTx(ctx, "sign up", func(ctx context.Context, tx pgx.Tx) error {
		if err := insertUser(ctx, tx, user, passwordHash); err != nil {
			return err
		}
		// The session first: the lobby's lock is everybody's, hold it briefly.
		if s, err = insertSession(ctx, tx, user); err != nil {
			return err
		}
		lobby, err := lockRoom(ctx, tx, LobbyID)
		if err != nil {
			return err
		}
		subject, err = lobby.admit(ctx, tx, user)
		return err
	})
	if err != nil {
		return chat.Session{}, "", err
	}
	return s, subject, nil
}

func insertUser(ctx context.Context, tx pgx.Tx, user events.Person, passwordHash string) error {
	tag, err := tx.Exec(ctx, `
		INSERT INTO users (id, name, name_key, password_hash) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name_key) DO NOTHING`, user.ID, user.Name, nameKey(user.Name), passwordHash)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return &chat.Error{Code: chat.NameTaken, Field: "name", Detail: "Somebody has this name already: choose another."}
	}
	return nil
}

// Password returns the user of that name and their password hash; not_found
// for a stranger.
func (db *DB) Password(ctx context.Context, name string) (user events.Person, hash string, err error) {
	if !storable(name) {
		return user, "", nobody()
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	err = db.pool.QueryRow(ctx, `SELECT id, name, password_hash FROM users WHERE name_key = $1`, nameKey(name)).
		Scan(&user.ID, &user.Name, &hash)
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
