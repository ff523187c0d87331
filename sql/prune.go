package sql

import (
	"context"
	"time"
)

// pruneAtOnce keeps each deletion short: so many for each reason.
const pruneAtOnce = 1000

const (
	// keepEnded is how long the row of what has ended is kept, to be looked at.
	keepEnded = 24 * time.Hour
	// keepAudit is how long it can be read what happened to an account. AUDIT
	// keeps it for 90 days: what the log still holds keeps its row, so that
	// tables which are folded anew have the same. Only an event that an edge
	// dated 310 days back, by a wrong clock, would break that.
	keepAudit = 400 * 24 * time.Hour
)

// codesKept is how long a code's row outlives its code: those of an hour are
// counted (see roomForFlow), used ones too.
const codesKept = time.Hour

// prunings delete up to $1 rows that are too old by $2 seconds.
var prunings = []struct {
	keep time.Duration
	text string
}{
	{keepEnded, `DELETE FROM tickets WHERE hash IN (
		SELECT hash FROM tickets WHERE expires < now() - $2 * interval '1 second' ORDER BY expires LIMIT $1)`},
	{keepEnded, `DELETE FROM attempts WHERE key IN (
		SELECT key FROM attempts WHERE resets < now() - $2 * interval '1 second' ORDER BY resets LIMIT $1 FOR UPDATE SKIP LOCKED)`},
	{codesKept, `DELETE FROM codes WHERE id IN (
		SELECT id FROM codes WHERE expires < now() - $2 * interval '1 second' ORDER BY expires LIMIT $1)`},
	{keepEnded, `DELETE FROM sessions WHERE id IN (
		(SELECT id FROM sessions WHERE expires < now() - $2 * interval '1 second' ORDER BY expires LIMIT $1)
		UNION (SELECT id FROM sessions WHERE ended < now() - $2 * interval '1 second' ORDER BY ended LIMIT $1))`},
	{keepEnded, `DELETE FROM tokens WHERE id IN (
		(SELECT id FROM tokens WHERE expires < now() - $2 * interval '1 second' ORDER BY expires LIMIT $1)
		UNION (SELECT id FROM tokens WHERE ended < now() - $2 * interval '1 second' ORDER BY ended LIMIT $1))`},
	{keepEnded, `DELETE FROM signup_invitations WHERE id IN (
		SELECT id FROM signup_invitations WHERE expires < now() - $2 * interval '1 second' ORDER BY expires LIMIT $1)`},
	{keepEnded, `DELETE FROM room_links WHERE id IN (
		SELECT id FROM room_links WHERE expires < now() - $2 * interval '1 second' ORDER BY expires LIMIT $1)`},
	{keepEnded, `DELETE FROM bans WHERE (room_id, user_id) IN (
		SELECT room_id, user_id FROM bans WHERE expires < now() - $2 * interval '1 second' ORDER BY expires LIMIT $1 FOR UPDATE SKIP LOCKED)`},
	{keepEnded, `DELETE FROM turns WHERE (room_id, user_id, crowd) IN (
		SELECT room_id, user_id, crowd FROM turns WHERE until < now() - $2 * interval '1 second' ORDER BY until LIMIT $1 FOR UPDATE SKIP LOCKED)`},
	// The oldest only are looked at: no index says when things happened.
	{keepAudit, `DELETE FROM audit WHERE seq IN (
		SELECT seq FROM (SELECT seq, at FROM audit ORDER BY seq LIMIT $1) oldest WHERE at < now() - $2 * interval '1 second')`},
}

// Prune deletes tickets, codes, sessions, tokens, invitations, links, bans, turns, counts of
// attempts and events of AUDIT that nobody needs any more, and returns how many. A session
// without a row counts as ended.
func (db *DB) Prune(ctx context.Context) (int64, error) {
	total := int64(0)
	for _, p := range prunings {
		for {
			n, err := db.pruneSome(ctx, p.text, p.keep)
			total += n
			if err != nil {
				return total, db.failed("prune", err)
			}
			if n < pruneAtOnce {
				break
			}
		}
	}
	return total, nil
}

func (db *DB) pruneSome(ctx context.Context, statement string, keep time.Duration) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	tag, err := db.pool.Exec(ctx, statement, pruneAtOnce, int(keep.Seconds()))
	return tag.RowsAffected(), err
}
