package sql

import (
	"context"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// The consumers whose projections the queries of this package read.
const (
	ChatConsumer   = "persister-chat"
	ReadsConsumer  = "persister-reads"
	NotifyConsumer = "persister-notify"
	AuditConsumer  = "persister-audit"
	SearchConsumer = "persister-search"
)

// The sequences up to which the rows are true. They are read in the same
// statement as the rows, which is the same snapshot.
const (
	chatOffset   = `SELECT coalesce(max(seq), 0) FROM offsets WHERE consumer = '` + ChatConsumer + `' AND stream = 'CHAT'`
	readsOffset  = `SELECT coalesce(max(seq), 0) FROM offsets WHERE consumer = '` + ReadsConsumer + `' AND stream = 'READS'`
	searchOffset = `SELECT coalesce(max(seq), 0) FROM offsets WHERE consumer = '` + SearchConsumer + `' AND stream = 'CHAT'`
	notifyOffset = `SELECT coalesce(max(seq), 0) FROM offsets WHERE consumer = '` + NotifyConsumer + `' AND stream = 'NOTIFY'`
	auditOffset  = `SELECT coalesce(max(seq), 0) FROM offsets WHERE consumer = '` + AuditConsumer + `' AND stream = 'AUDIT'`
)

// The page that a reader ($5) may see, or everybody's for no reader: whether
// they are a member, from where on they may read, and the rows, in one statement
// and one snapshot.
const (
	pageOfRoom = `
	SELECT position.seq, me.seen_from, me.rev, amended.seq, e.seq, e.envelope
	FROM (` + chatOffset + `) position (seq)
	CROSS JOIN (` + amendedOfRoom + `) amended (seq)
	LEFT JOIN (
		SELECT 0, 0::bigint WHERE $5::uuid IS NULL
		UNION ALL
		SELECT ` + seenFrom + `, m.rev FROM members m WHERE m.user_id = $5 AND m.room_id = $1 AND m.left_at IS NULL
	) me (seen_from, rev) ON true
	LEFT JOIN LATERAL (
		SELECT seq, coalesce(current, envelope) FROM events
		WHERE me.seen_from IS NOT NULL AND room_id = $1 AND seq > greatest($2, me.seen_from - 1) AND seq < $3
		ORDER BY seq `
	newestOfRoom = pageOfRoom + `DESC LIMIT $4) e (seq, envelope) ON true`
	oldestOfRoom = pageOfRoom + `LIMIT $4) e (seq, envelope) ON true`
)

// amendedOfRoom is the newest amendment of the room $1, 0 if there is none.
const amendedOfRoom = `SELECT coalesce(max(seq), 0) FROM amendments WHERE room_id = $1`

// RoomPage returns up to limit lines of the room's history with from < seq < to
// (to 0: no bound) that the reader may see, ascending: the newest of them, or the
// oldest if oldest is set. Messages are as they are now, with what stands beside
// them. not_found if the reader is no member; the reader "" is natter itself,
// which sees everything.
func (db *DB) RoomPage(ctx context.Context, reader, room string, from, to uint64, limit int, oldest bool) (chat.RoomPage, error) {
	if !events.IsID(room) || reader != "" && !events.IsID(reader) {
		return chat.RoomPage{}, noRoom()
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	query := newestOfRoom
	if oldest {
		query = oldestOfRoom
	}
	found, member, err := db.adorned(ctx, room, func(q querier) (chat.RoomPage, bool, error) {
		return readPage(ctx, q, query, room, signed(from), before(to), page(limit), orNull(reader))
	})
	if err == nil && !member {
		err = noRoom()
	}
	if !oldest {
		slices.Reverse(found.Items)
	}
	return found, db.maybe("read a room's history", err)
}

// readPage reads rows of offset, from, revision, newest amendment, sequence and
// envelope; from and revision are null for a stranger, the last two on the one
// row of an empty page. The envelopes share one piece of memory: a page is read
// many times more often than it changes.
func readPage(ctx context.Context, q querier, query, room string, above, below int64, limit int, reader *string) (p chat.RoomPage, member bool, err error) {
	rows, err := q.Query(ctx, query, room, above, below, limit, reader)
	if err != nil {
		return p, false, err
	}
	var from, rev, seq pgtype.Int8 // pointers to numbers would be 150 small pieces of memory
	var envelope pgtype.DriverBytes
	var all []byte
	var ends []int
	_, err = pgx.ForEachRow(rows, []any{&p.Offset, &from, &rev, &p.Amended, &seq, &envelope}, func() error {
		if member = from.Valid; member {
			p.From, p.Rev = uint64(from.Int64), uint64(rev.Int64)
		}
		if seq.Valid {
			if all == nil { // as if all were of this length; growing would copy them again and again
				all = make([]byte, 0, min((len(envelope)+32)*limit, 64<<10))
				p.Items = make([]chat.Item, 0, min(limit, chat.MaxPage+1))
			}
			all = append(all, envelope...)
			ends = append(ends, len(all))
			p.Items = append(p.Items, chat.Item{Seq: uint64(seq.Int64)})
		}
		return nil
	})
	start := 0
	for i, end := range ends {
		p.Items[i].Event = all[start:end:end]
		start = end
	}
	return p, member, err
}

// EventByID returns the event with this id, if it has a row: as it stands in the
// log, or the message.erased that took its place. An edit of a deleted message
// has none. offset is as for RoomPage: an event up to it that has no row is not
// in the log.
func (db *DB) EventByID(ctx context.Context, id string) (item chat.Item, found bool, offset uint64, err error) {
	if !events.IsID(id) {
		return item, false, 0, chat.CheckID("id", id)
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	items, offset, err := pageOf(ctx, db.pool, `
		SELECT position.seq, e.seq, e.envelope FROM (`+chatOffset+`) position (seq)
		LEFT JOIN LATERAL (
			SELECT seq, envelope FROM events WHERE id = $1
			UNION ALL SELECT seq, envelope FROM amendments WHERE id = $1
			LIMIT 1
		) e ON true`, id)
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
