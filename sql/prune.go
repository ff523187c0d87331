package sql

import (
	"context"
	"time"
)

// pruneAtOnce keeps each deletion short: so many for each reason.
const pruneAtOnce = 1000

// keepEnded is how long the row of what has ended is kept, to be looked at.
const keepEnded = 24 * time.Hour

// codesKept is how long a code's row outlives its code: those of an hour are
// counted (see roomForFlow), used ones too.
const codesKept = "1 hour"

// Prune deletes tickets, codes, sessions, tokens, invitations and counts of
// attempts that nobody needs any more, and returns how many. A session without a
// row counts as ended.
func (db *DB) Prune(ctx context.Context) (int64, error) {
	total := int64(0)
	for _, statement := range []string{
		`DELETE FROM tickets WHERE hash IN (
			SELECT hash FROM tickets WHERE expires < now() - $2 * interval '1 second' ORDER BY expires LIMIT $1)`,
		`DELETE FROM attempts WHERE key IN (
			SELECT key FROM attempts WHERE resets < now() - $2 * interval '1 second' ORDER BY resets LIMIT $1 FOR UPDATE SKIP LOCKED)`,
		`DELETE FROM codes WHERE id IN (
			SELECT id FROM codes WHERE expires < now() - least($2 * interval '1 second', interval '` + codesKept + `') ORDER BY expires LIMIT $1)`,
		`DELETE FROM sessions WHERE id IN (
			(SELECT id FROM sessions WHERE expires < now() - $2 * interval '1 second' ORDER BY expires LIMIT $1)
			UNION (SELECT id FROM sessions WHERE ended < now() - $2 * interval '1 second' ORDER BY ended LIMIT $1))`,
		`DELETE FROM tokens WHERE id IN (
			(SELECT id FROM tokens WHERE expires < now() - $2 * interval '1 second' ORDER BY expires LIMIT $1)
			UNION (SELECT id FROM tokens WHERE ended < now() - $2 * interval '1 second' ORDER BY ended LIMIT $1))`,
		`DELETE FROM signup_invitations WHERE id IN (
			SELECT id FROM signup_invitations WHERE expires < now() - $2 * interval '1 second' ORDER BY expires LIMIT $1)`,
	} {
		for {
			n, err := db.pruneSome(ctx, statement)
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

func (db *DB) pruneSome(ctx context.Context, statement string) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	tag, err := db.pool.Exec(ctx, statement, pruneAtOnce, int(keepEnded.Seconds()))
	return tag.RowsAffected(), err
}
