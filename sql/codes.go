package sql

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// codeBody is what a code's row holds of what happens when it is right.
type codeBody struct {
	Email        string `json:"email"`
	Name         string `json:"name,omitzero"`
	PasswordHash string `json:"password_hash,omitzero"`
	Invitation   []byte `json:"invitation,omitzero"`
}

// StartFlow stores a code that is mailed next. rate_limited, with how long to
// wait, if the address has had FlowsAnHour already. It does the same work
// whether the address has an account or not.
func (db *DB) StartFlow(ctx context.Context, f chat.Flow) error {
	body, err := json.Marshal(codeBody{f.Email, f.Account.Name, f.Account.PasswordHash, f.Invitation})
	if err != nil {
		return err
	}
	return db.inTx(ctx, "start with a code", func(ctx context.Context, tx pgx.Tx) error {
		key := emailKey(f.Email)
		// Counted under a lock, or fifty at once would all find room.
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, key); err != nil {
			return err
		}
		if err := roomForFlow(ctx, tx, key); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO codes (id, purpose, email_key, user_id, hash, expires, body)
			VALUES ($1, $2, $3, $4, $5, clock_timestamp() + $6::interval, $7)`,
			f.ID, f.Purpose, key, orNull(f.User), f.Hash, chat.CodeLife, body)
		return err
	})
}

// roomForFlow reports whether the address may start another flow now.
func roomForFlow(ctx context.Context, tx pgx.Tx, key string) error {
	var n int
	var wait time.Duration
	err := tx.QueryRow(ctx, `
		SELECT count(*), coalesce(min(created) + interval '1 hour' - clock_timestamp(), interval '0')
		FROM (SELECT created FROM codes
		      WHERE email_key = $1 AND created > clock_timestamp() - interval '1 hour'
		      ORDER BY created DESC LIMIT $2) AS latest`, key, chat.FlowsAnHour).Scan(&n, &wait)
	if err == nil && n >= chat.FlowsAnHour {
		return &chat.Error{Code: chat.RateLimited, RetryAfter: max(wait, time.Second),
			Detail: "Too many codes were asked for with this address. Use the newest mail, or wait an hour."}
	}
	return err
}

// ResendCode replaces the code of a flow, which goes to the same address. The
// guesses stay counted. rate_limited, with how long to wait, if the last code
// is too young or was the last one; wrong_code if there is no such flow.
func (db *DB) ResendCode(ctx context.Context, flow string, hash []byte) (f chat.Flow, err error) {
	if !events.IsID(flow) {
		return f, chat.NoSuchCode()
	}
	err = db.inTx(ctx, "send another code", func(ctx context.Context, tx pgx.Tx) error {
		// The lock first and the clock after it, as for sessions.
		if _, err := tx.Exec(ctx, `SELECT FROM codes WHERE id = $1 FOR UPDATE`, flow); err != nil {
			return err
		}
		if err := mayResend(ctx, tx, flow); err != nil {
			return err
		}
		f, err = scanFlow(tx.QueryRow(ctx, `
			UPDATE codes SET hash = $2, sends = sends + 1, sent = clock_timestamp(), expires = clock_timestamp() + $3::interval
			WHERE id = $1 RETURNING `+flowColumns, flow, hash, chat.CodeLife))
		return err
	})
	return f, err
}

// mayResend reports whether the flow, whose row is locked, may have another code.
func mayResend(ctx context.Context, tx pgx.Tx, flow string) error {
	var sends int
	var age, left time.Duration
	err := tx.QueryRow(ctx, `
		SELECT sends, clock_timestamp() - sent, expires - clock_timestamp() FROM codes
		WHERE id = $1 AND guesses < $2 AND expires > clock_timestamp()`, flow, chat.CodeGuesses).Scan(&sends, &age, &left)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return chat.NoSuchCode()
	case err != nil:
		return err
	case sends >= chat.CodeSends:
		return &chat.Error{Code: chat.RateLimited, RetryAfter: max(left, time.Second), Detail: "No more codes are sent for this. Use the newest mail, or start over."}
	case age < chat.CodePause:
		return &chat.Error{Code: chat.RateLimited, RetryAfter: chat.CodePause - age, Detail: "A code was sent just now. Wait a moment for the mail."}
	}
	return nil
}

// GuessCode counts a guess at the flow's code and returns the flow, whose hash
// tells whether the guess is right. It is counted when this returns, whatever
// happens next: of any number at once, CodeGuesses get an answer. wrong_code if
// the flow is for something else or somebody else, has expired or has no
// guesses left.
func (db *DB) GuessCode(ctx context.Context, flow string, purpose chat.Purpose, user string) (chat.Flow, error) {
	if !events.IsID(flow) {
		return chat.Flow{}, chat.NoSuchCode()
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	f, err := scanFlow(db.pool.QueryRow(ctx, `
		UPDATE codes SET guesses = guesses + 1
		WHERE id = $1 AND purpose = $2 AND user_id IS NOT DISTINCT FROM $3
		  AND guesses < $4 AND expires > clock_timestamp()
		RETURNING `+flowColumns, flow, purpose, orNull(user), chat.CodeGuesses))
	if errors.Is(err, pgx.ErrNoRows) {
		return chat.Flow{}, chat.NoSuchCode()
	}
	return f, db.maybe("count a guess", err)
}

// ReturnGuess takes back the counting of a right guess that led to nothing, such
// as a name that is taken. Only whoever knows the code gets here, and only while
// it is the flow's.
func (db *DB) ReturnGuess(ctx context.Context, f chat.Flow) error {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	_, err := db.pool.Exec(ctx, `UPDATE codes SET guesses = guesses - 1 WHERE id = $1 AND hash = $2 AND guesses > 0`, f.ID, f.Hash)
	return db.maybe("take back a guess", err)
}

// useCode ends the flow in the transaction that does what its code is for: of
// many that come with the right code, one gets through.
func useCode(ctx context.Context, tx pgx.Tx, f chat.Flow) error {
	tag, err := tx.Exec(ctx, `
		UPDATE codes SET expires = clock_timestamp(), hash = '', body = '{}'
		WHERE id = $1 AND hash = $2 AND expires > clock_timestamp()`, f.ID, f.Hash)
	if err == nil && tag.RowsAffected() == 0 {
		return chat.NoSuchCode()
	}
	return err
}

// dropCodes ends what was asked for before, in the name of the account.
func dropCodes(ctx context.Context, tx pgx.Tx, user, email string) error {
	_, err := tx.Exec(ctx, `
		UPDATE codes SET expires = clock_timestamp(), hash = '', body = '{}'
		WHERE expires > clock_timestamp()
		  AND id IN (SELECT id FROM codes WHERE user_id = $1
		             UNION SELECT id FROM codes WHERE email_key = $2 AND purpose = 'reset')`, user, emailKey(email))
	return err
}

const flowColumns = `id, purpose, coalesce(user_id::text, ''), hash, guesses, body`

func scanFlow(row pgx.Row) (f chat.Flow, err error) {
	var raw []byte
	if err := row.Scan(&f.ID, &f.Purpose, &f.User, &f.Hash, &f.Guesses, &raw); err != nil {
		return f, err
	}
	var body codeBody
	err = json.Unmarshal(raw, &body)
	f.Email, f.Invitation = body.Email, body.Invitation
	f.Account = chat.NewAccount{Name: body.Name, Email: body.Email, PasswordHash: body.PasswordHash}
	return f, err
}
