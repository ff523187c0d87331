package sql

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// RoleOf returns what the user may do besides chatting; not_found for a stranger.
func (db *DB) RoleOf(ctx context.Context, user string) (role chat.Role, err error) {
	if !events.IsID(user) {
		return "", nobody()
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	err = db.pool.QueryRow(ctx, `SELECT role FROM users WHERE id = $1 AND disabled IS NULL`, user).Scan(&role)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nobody()
	}
	return role, db.maybe("read a role", err)
}
