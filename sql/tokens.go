package sql

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// tokenLives is true of a token t that its person u may use. That they are
// disabled suspends it: it is neither ended nor changed by that.
const tokenLives = `t.ended IS NULL AND (t.expires IS NULL OR t.expires > clock_timestamp()) AND u.disabled IS NULL`

// MakeToken stores a personal access token of the user. wrong_credentials if the
// password that was checked is no longer theirs; without a password, forbidden
// unless the session is younger than chat.FreshLogin. limit_reached if they have
// chat.MaxTokens. subject is for FlushOutbox.
func (db *DB) MakeToken(ctx context.Context, user events.Person, n chat.NewAccessToken, on chat.Device) (t chat.AccessToken, subject string, err error) {
	err = db.inTx(ctx, "make a token", func(ctx context.Context, tx pgx.Tx) error {
		if err := lockUser(ctx, tx, user.ID); err != nil { // they are counted under it
			return err
		}
		if err := mayMakeToken(ctx, tx, user.ID, n); err != nil {
			return err
		}
		if err := roomForToken(ctx, tx, user.ID); err != nil {
			return err
		}
		t = chat.AccessToken{ID: chat.NewID(), Name: n.Name, Scopes: n.Scopes}
		err := tx.QueryRow(ctx, `
			INSERT INTO tokens (id, user_id, name, scopes, hash, expires)
			VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6::interval) RETURNING created, expires`,
			t.ID, user.ID, n.Name, n.Scopes, n.Hash, orNever(n.Lasts)).Scan(&t.Created, &t.Expires)
		if err != nil {
			return err
		}
		data := events.SecurityNotedData{Kind: events.NotedTokenMade, Session: t.ID, Detail: n.Name}
		subject, err = note(ctx, tx, user, user.ID, data, on)
		return err
	})
	return t, subject, err
}

// orNever is null for 0.
func orNever(d time.Duration) *time.Duration {
	if d == 0 {
		return nil
	}
	return &d
}

// mayMakeToken asks again under the user's lock: a reset that came meanwhile has
// ended all tokens, and must not leave one of whom it was to shut out.
func mayMakeToken(ctx context.Context, tx pgx.Tx, user string, n chat.NewAccessToken) error {
	var same, proved bool
	err := tx.QueryRow(ctx, `
		SELECT password_hash = $2, password_hash <> '' OR EXISTS (
			SELECT FROM sessions
			WHERE id = $3 AND user_id = $1 AND ended IS NULL AND created > clock_timestamp() - $4::interval)
		FROM users WHERE id = $1`, user, n.PasswordHash, orNull(n.Session), chat.FreshLogin).Scan(&same, &proved)
	switch {
	case err != nil:
		return err
	case !same:
		return &chat.Error{Code: chat.WrongCredentials, Field: "password", Detail: "The password is wrong."}
	case !proved:
		return chat.Errorf(chat.Forbidden, "Log in again first: this login is older than %d minutes.", int(chat.FreshLogin.Minutes()))
	}
	return nil
}

func roomForToken(ctx context.Context, tx pgx.Tx, user string) error {
	var n int
	err := tx.QueryRow(ctx, `
		SELECT count(*) FROM tokens
		WHERE user_id = $1 AND ended IS NULL AND (expires IS NULL OR expires > clock_timestamp())`, user).Scan(&n)
	if err == nil && n >= chat.MaxTokens {
		return chat.Errorf(chat.LimitReached, "You have %d tokens: revoke one that is not needed any more.", n)
	}
	return err
}

// Tokens returns the user's personal access tokens that have not ended, newest first.
func (db *DB) Tokens(ctx context.Context, user string) ([]chat.AccessToken, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT id, name, scopes, created, expires, used FROM tokens
		WHERE user_id = $1 AND ended IS NULL AND (expires IS NULL OR expires > clock_timestamp())
		ORDER BY created DESC, id DESC LIMIT $2`, user, chat.MaxTokens)
	if err != nil {
		return nil, db.failed("list tokens", err)
	}
	tokens, err := pgx.CollectRows(rows, pgx.RowToStructByPos[chat.AccessToken])
	return tokens, db.maybe("list tokens", err)
}

// EndToken revokes a token of the user's; not_found for anybody else's. Repeating
// it is no error.
func (db *DB) EndToken(ctx context.Context, user events.Person, token string, on chat.Device) (subjects []string, err error) {
	missing := chat.Errorf(chat.NotFound, "You have no such token.")
	if !events.IsID(token) {
		return nil, missing
	}
	err = db.inTx(ctx, "revoke a token", func(ctx context.Context, tx pgx.Tx) error {
		var name string
		var ended bool
		err := tx.QueryRow(ctx, `SELECT name, ended IS NOT NULL FROM tokens WHERE id = $1 AND user_id = $2 FOR NO KEY UPDATE`,
			token, user.ID).Scan(&name, &ended)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			return missing
		case err != nil:
			return err
		case ended:
			subject, err := pending(ctx, tx, events.Sessions.Subject(token))
			subjects = []string{subject}
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE tokens SET ended = clock_timestamp() WHERE id = $1`, token); err != nil {
			return err
		}
		revoked, err := revoke(ctx, tx, user.ID, token, events.ReasonEnded)
		if err != nil {
			return err
		}
		data := events.SecurityNotedData{Kind: events.NotedTokenRevoked, Session: token, Detail: name}
		noted, err := note(ctx, tx, user, user.ID, data, on)
		subjects = []string{revoked, noted}
		return err
	})
	return subjects, err
}

// endTokens revokes all of the user's tokens. The caller holds the user's lock.
func (db *DB) endTokens(ctx context.Context, tx pgx.Tx, user, reason string) (subjects []string, err error) {
	_, subjects, err = db.ofTokens(ctx, tx, user, func(token string) (string, error) {
		if _, err := tx.Exec(ctx, `UPDATE tokens SET ended = clock_timestamp() WHERE id = $1`, token); err != nil {
			return "", err
		}
		return revoke(ctx, tx, user, token, reason)
	})
	return subjects, err
}

// revoke tells the edges that a session or token of the user is worth nothing.
// The caller holds the lock of its row.
func revoke(ctx context.Context, tx pgx.Tx, user, session, reason string) (subject string, err error) {
	ev := events.New(events.SessionRevoked, chat.NewID(), session, events.Person{}, time.Now(), events.SessionRevokedData{User: user, Reason: reason})
	return ev.Subject(), putOut(ctx, tx, ev)
}

// restore takes revoke back.
func restore(ctx context.Context, tx pgx.Tx, user, token string) (subject string, err error) {
	ev := events.New(events.SessionRestored, chat.NewID(), token, events.Person{}, time.Now(), events.SessionRestoredData{User: user})
	return ev.Subject(), putOut(ctx, tx, ev)
}

// TokenHolder returns who acts with the token of this hash; unauthenticated if
// there is none that may be used.
func (db *DB) TokenHolder(ctx context.Context, hash []byte) (chat.Principal, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	var who chat.Principal
	var expires *time.Time
	err := db.pool.QueryRow(ctx, `
		SELECT u.id, u.name, t.id, t.scopes, t.expires FROM tokens t JOIN users u ON u.id = t.user_id
		WHERE t.hash = $1 AND `+tokenLives, hash).Scan(&who.User.ID, &who.User.Name, &who.Session, &who.Scopes, &expires)
	if errors.Is(err, pgx.ErrNoRows) {
		return chat.Principal{}, chat.Errorf(chat.Unauthenticated, "This token is not valid, or no longer: make another.")
	}
	if err != nil {
		return chat.Principal{}, db.failed("look up a token", err)
	}
	if expires != nil {
		who.Expires = *expires
	}
	return who, nil
}

// TokensUsed notes, to the minute, that the tokens are being used.
func (db *DB) TokensUsed(ctx context.Context, tokens []string) error {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	_, err := db.pool.Exec(ctx, `
		UPDATE tokens SET used = date_trunc('minute', clock_timestamp())
		WHERE id = ANY ($1) AND (used IS NULL OR used < date_trunc('minute', clock_timestamp()))`, tokens)
	return db.maybe("note that tokens are used", err)
}
