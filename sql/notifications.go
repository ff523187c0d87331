package sql

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Notifications returns up to limit notifications of the user with seq <
// before (0: no bound), newest first, and how many are unread in all. offset is
// the NOTIFY sequence up to which that is true, in the same snapshot.
func (db *DB) Notifications(ctx context.Context, user string, to uint64, limit int) (items []chat.Notification, unread int, offset uint64, err error) {
	if !events.IsID(user) {
		return nil, 0, 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT position.seq, unread.n, n.seq, n.envelope, n.read
		FROM (`+notifyOffset+`) position (seq)
		CROSS JOIN (SELECT count(*) FROM notifications WHERE user_id = $1 AND NOT read) unread (n)
		LEFT JOIN LATERAL (
			SELECT seq, envelope, read FROM notifications
			WHERE user_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3
		) n ON true`, user, before(to), page(limit))
	if err != nil {
		return nil, 0, 0, db.failed("list notifications", err)
	}
	var seq *uint64
	var envelope *string
	var read *bool
	_, err = pgx.ForEachRow(rows, []any{&offset, &unread, &seq, &envelope, &read}, func() error {
		if seq != nil {
			items = append(items, chat.Notification{Item: chat.Item{Seq: *seq, Event: []byte(*envelope)}, Read: *read})
		}
		return nil
	})
	return items, unread, offset, db.maybe("list notifications", err)
}
