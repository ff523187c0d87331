package sql

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
)

// SignUpWithin makes an account in a transaction of its own, as those do that
// have more to do in it.
func (db *DB) SignUpWithin(ctx context.Context, a chat.NewAccount) error {
	return db.inTx(ctx, "sign up", func(ctx context.Context, tx pgx.Tx) error {
		_, _, err := db.signUp(ctx, tx, a, chat.Device{})
		return err
	})
}

// WithPieceBits returns the same pool, which divides the log for search into
// other pieces. A database has pieces of one size only.
func (db *DB) WithPieceBits(bits uint) *DB {
	other := *db
	other.pieceBits = bits
	return &other
}
