package sql

import (
	"context"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// The consumers whose projections the queries of this package read.
const (
	ChatConsumer   = "persister-chat"
	ReadsConsumer  = "persister-reads"
	NotifyConsumer = "persister-notify"
)

// The sequences up to which the rows are true. They are read in the same
// statement as the rows, which is the same snapshot.
const (
	chatOffset   = `SELECT coalesce(max(seq), 0) FROM offsets WHERE consumer = '` + ChatConsumer + `' AND stream = 'CHAT'`
	notifyOffset = `SELECT coalesce(max(seq), 0) FROM offsets WHERE consumer = '` + NotifyConsumer + `' AND stream = 'NOTIFY'`
)

const newestOfRoom = `
	SELECT position.seq, e.seq, e.envelope FROM (` + chatOffset + `) position (seq)
	LEFT JOIN LATERAL (
		SELECT seq, envelope FROM events
		WHERE room_id = $1 AND seq > $2 AND seq < $3 ORDER BY seq DESC LIMIT $4
	) e ON true`

const oldestOfRoom = `
	SELECT position.seq, e.seq, e.envelope FROM (` + chatOffset + `) position (seq)
	LEFT JOIN LATERAL (
		SELECT seq, envelope FROM events
		WHERE room_id = $1 AND seq > $2 AND seq < $3 ORDER BY seq LIMIT $4
	) e ON true`

// RoomPage returns up to limit events of the room with from < seq < to (to 0:
// no bound), ascending: the newest of them, or the oldest if oldest is set.
// offset is the CHAT sequence up to which the rows are true, in the same snapshot.
func (db *DB) RoomPage(ctx context.Context, room string, from, to uint64, limit int, oldest bool) (items []chat.Item, offset uint64, err error) {
	if !events.IsID(room) {
		return nil, 0, noRoom()
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	query := newestOfRoom
	if oldest {
		query = oldestOfRoom
	}
	items, offset, err = pageOf(ctx, db.pool, query, room, signed(from), before(to), page(limit))
	if !oldest {
		slices.Reverse(items)
	}
	return items, offset, db.maybe("read a room's history", err)
}

// EventByID returns the event with this id, if it has a row. offset is as for
// RoomPage: an event up to it that has no row is not in the log.
func (db *DB) EventByID(ctx context.Context, id string) (item chat.Item, found bool, offset uint64, err error) {
	if !events.IsID(id) {
		return item, false, 0, chat.CheckID("id", id)
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	items, offset, err := pageOf(ctx, db.pool, `
		SELECT position.seq, e.seq, e.envelope FROM (`+chatOffset+`) position (seq)
		LEFT JOIN events e ON e.id = $1`, id)
	if err != nil {
		return item, false, 0, db.failed("look up an event", err)
	}
	if len(items) == 0 {
		return item, false, offset, nil
	}
	return items[0], true, offset, nil
}

// pageOf reads rows of offset, sequence and envelope; the last two are null on
// the one row of an empty page.
func pageOf(ctx context.Context, q querier, query string, args ...any) (items []chat.Item, offset uint64, err error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, 0, err
	}
	var seq *uint64
	var envelope *string
	_, err = pgx.ForEachRow(rows, []any{&offset, &seq, &envelope}, func() error {
		if seq != nil {
			items = append(items, chat.Item{Seq: *seq, Event: []byte(*envelope)})
		}
		return nil
	})
	return items, offset, err
}

// before returns an exclusive upper bound; 0 stands for none.
func before(seq uint64) int64 {
	if seq == 0 {
		return math.MaxInt64
	}
	return signed(seq)
}
