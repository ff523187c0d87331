package sql

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
)

// TakeAttempt counts one more attempt under key, unless there were most within
// window; then nothing is counted, so that Wait does not grow. Of many at once
// exactly as many are granted as there is room for.
func (db *DB) TakeAttempt(ctx context.Context, key []byte, most int, window time.Duration) (chat.Attempt, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	a := chat.Attempt{Granted: true}
	var count int
	// The time is read once, in VALUES: each clause must mean the same window.
	err := db.pool.QueryRow(ctx, `
		INSERT INTO attempts AS a (key, count, resets) VALUES ($1, 1, clock_timestamp() + $3::interval)
		ON CONFLICT (key) DO UPDATE SET
			count  = CASE WHEN a.resets <= excluded.resets - $3::interval THEN 1 ELSE a.count + 1 END,
			resets = CASE WHEN a.resets <= excluded.resets - $3::interval THEN excluded.resets ELSE a.resets END
		WHERE a.resets <= excluded.resets - $3::interval OR a.count < $2
		RETURNING count, resets, resets - clock_timestamp()`, key, most, window).Scan(&count, &a.Resets, &a.Wait)
	if err == nil {
		a.Left = most - count
		return a, nil
	}
	if !errors.Is(err, pgx.ErrNoRows) {
		return a, db.failed("count an attempt", err)
	}
	a.Granted = false
	err = db.pool.QueryRow(ctx, `SELECT resets, resets - clock_timestamp() FROM attempts WHERE key = $1`, key).Scan(&a.Resets, &a.Wait)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, nil // it was pruned: the next one is granted
	}
	return a, db.maybe("count an attempt", err)
}

// GiveBackAttempt takes back one that was counted in the window that ends at
// resets. After that window there is nothing to take back.
func (db *DB) GiveBackAttempt(ctx context.Context, key []byte, resets time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	_, err := db.pool.Exec(ctx, `UPDATE attempts SET count = count - 1 WHERE key = $1 AND resets = $2 AND count > 0`, key, resets)
	return db.maybe("give an attempt back", err)
}
