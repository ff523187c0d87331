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
