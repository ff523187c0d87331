package sql

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
)

// SaveTicket stores the hash of a single-use ticket that stands for who.
func (db *DB) SaveTicket(ctx context.Context, hash []byte, who chat.Principal, expires time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	_, err := db.pool.Exec(ctx, `
		INSERT INTO tickets (hash, user_id, session_id, access_expires, expires, scopes) VALUES ($1, $2, $3, $4, $5, $6)`,
		hash, who.User.ID, who.Session, orNeverAt(who.Expires), expires, who.Scopes)
	return db.maybe("save a ticket", err)
}

// TakeTicket consumes the ticket with this hash and returns for whom it
// stands; unauthenticated if there is none or it expired before now. Of many
// who take it at once, one gets it.
func (db *DB) TakeTicket(ctx context.Context, hash []byte, now time.Time) (chat.Principal, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	var who chat.Principal
	var expires time.Time
	var access *time.Time
	err := db.pool.QueryRow(ctx, `
		DELETE FROM tickets t USING users u WHERE t.hash = $1 AND u.id = t.user_id AND u.disabled IS NULL
		RETURNING u.id, u.name, t.session_id, t.access_expires, t.expires, t.scopes`, hash).
		Scan(&who.User.ID, &who.User.Name, &who.Session, &access, &expires, &who.Scopes)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !now.Before(expires) {
		return chat.Principal{}, chat.Errorf(chat.Unauthenticated, "This ticket was used or has expired: get another.")
	}
	if err != nil {
		return chat.Principal{}, db.failed("take a ticket", err)
	}
	if access != nil {
		who.Expires = *access
	}
	return who, nil
}

// orNeverAt is null for the zero time.
func orNeverAt(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
