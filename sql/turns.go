package sql

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// TakeTurn takes the user's turn in a room of slow mode for a message, every so
// often: 0 if it is theirs, else how long they must wait. Asking again for the
// same message is no second turn, so that a retry is never refused.
//
// It is one statement: of many at once exactly one is granted.
func (db *DB) TakeTurn(ctx context.Context, user, room, message string, every time.Duration) (wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	var granted bool
	// The time is read once, in VALUES: each clause must mean the same moment.
	err = db.pool.QueryRow(ctx, `
		INSERT INTO turns AS t (room_id, user_id, message, until) VALUES ($1, $2, $3, clock_timestamp() + $4::interval)
		ON CONFLICT (room_id, user_id) DO UPDATE SET
			message = excluded.message,
			until   = CASE WHEN t.message = excluded.message THEN t.until ELSE excluded.until END
		WHERE t.message = excluded.message OR t.until <= excluded.until - $4::interval
		RETURNING true`, room, user, message, every).Scan(&granted)
	if err == nil {
		return 0, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return 0, db.failed("take a turn", err)
	}
	err = db.pool.QueryRow(ctx, `
		SELECT greatest(until - clock_timestamp(), '1 millisecond') FROM turns WHERE room_id = $1 AND user_id = $2`, room, user).Scan(&wait)
	if errors.Is(err, pgx.ErrNoRows) {
		return time.Millisecond, nil // it was pruned: the next one is granted
	}
	return wait, db.maybe("take a turn", err)
}
