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
		INSERT INTO tickets (hash, user_id, session_id, access_expires, expires) VALUES ($1, $2, $3, $4, $5)`,
		hash, who.User.ID, who.Session, who.Expires, expires)
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
	err := db.pool.QueryRow(ctx, `
		DELETE FROM tickets t USING users u WHERE t.hash = $1 AND u.id = t.user_id
		RETURNING u.id, u.name, t.session_id, t.access_expires, t.expires`, hash).
		Scan(&who.User.ID, &who.User.Name, &who.Session, &who.Expires, &expires)
	if errors.Is(err, pgx.ErrNoRows) || err == nil && !now.Before(expires) {
		return chat.Principal{}, chat.Errorf(chat.Unauthenticated, "This ticket was used or has expired: get another.")
	}
	if err != nil {
		return chat.Principal{}, db.failed("take a ticket", err)
	}
	return who, nil
}
