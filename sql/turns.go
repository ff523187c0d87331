package sql

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
)

// TakeTurn takes a turn, which there is every so often: 0 if it is the user's, else
// how long they must wait. Asking again for the same message is no second turn, so
// that a retry is never refused.
//
// It is one statement: of many at once exactly one is granted.
func (db *DB) TakeTurn(ctx context.Context, turn chat.Turn, every time.Duration) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	var granted bool
	// The time is read once, in VALUES: each clause must mean the same moment.
	err = db.pool.QueryRow(ctx, `
		INSERT INTO turns AS t (room_id, user_id, message, until, crowd) VALUES ($1, $2, $3, clock_timestamp() + $4::interval, $5)
		ON CONFLICT (room_id, user_id, crowd) DO UPDATE SET
			message = excluded.message,
			until   = CASE WHEN t.message = excluded.message THEN t.until ELSE excluded.until END
		WHERE t.message = excluded.message OR t.until <= excluded.until - $4::interval
		RETURNING true`, turn.Room, turn.User, turn.Message, every, turn.Crowd).Scan(&granted)
	if err == nil {
		return 0, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return 0, db.failed("take a turn", err)
	}
	err = db.pool.QueryRow(ctx, `
		SELECT greatest(until - clock_timestamp(), '1 millisecond') FROM turns WHERE room_id = $1 AND user_id = $2 AND crowd = $3`, turn.Room, turn.User, turn.Crowd).Scan(&wait)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Millisecond, nil // it was pruned: the next one is granted
	}
	return wait, db.maybe("take a turn", err)
}
