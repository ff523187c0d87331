package sql

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Audit returns up to limit events of AUDIT with seq < to (0: no bound), newest
// first, of one user or, with "", of all. offset is the AUDIT sequence up to which
// that is true, in the same snapshot.
func (db *DB) Audit(ctx context.Context, user string, to uint64, limit int) (items []chat.Item, offset uint64, err error) {
	if user != "" && !events.IsID(user) {
		return nil, 0, nil
	}
	whose, args := "", []any{before(to), page(limit)}
	if user != "" {
		whose, args = "user_id = $3 AND ", append(args, user)
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	items, offset, err = pageOf(ctx, db.pool, `
		SELECT position.seq, a.seq, a.envelope FROM (`+auditOffset+`) position (seq)
		LEFT JOIN LATERAL (
			SELECT seq, envelope FROM audit WHERE `+whose+`seq < $1 ORDER BY seq DESC LIMIT $2
		) a ON true`, args...)
	return items, offset, db.maybe("read the audit", err)
}
