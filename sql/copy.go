package sql

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/events"
)

// eventRow is a row of events to be written.
type eventRow struct {
	decoded
	room, actor pgtype.UUID
}

// copyEvents takes what encodeRows returns.
const copyEvents = `COPY events (room_id, seq, id, type, actor_id, at, envelope) FROM STDIN WITH (FORMAT binary)`

// endStuckCopies ends copies whose rows do not come: the process that sends
// them is stopped or its machine is gone, and they hold the offset. Of all
// waiting for a client, this is the one that no timeout of the server ends.
// A batch that is sent takes milliseconds; one that is ended by mistake is
// tried again. Where the server does not permit it, the offset comes free when
// the connection breaks.
func (db *DB) endStuckCopies(ctx context.Context) {
	tag, err := db.pool.Exec(ctx, `
		SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND usename = current_user AND query ~ '^COPY (events|search) '
		  AND state = 'active' AND wait_event = 'ClientRead' AND state_change < clock_timestamp() - interval '`+stuckAfter+`'`)
	switch {
	case err != nil:
		db.logger.Warn("transactions of a process that may have stopped could not be ended", "error", err)
	case tag.RowsAffected() > 0:
		db.logger.Warn("transactions of a process that had stopped were ended", "transactions", tag.RowsAffected())
	}
}

// stuckAfter is how long whoever holds the offset may keep the server waiting:
// between statements, and in the middle of a copy.
const stuckAfter = "3s"

// epoch is 2000-01-01, from which PostgreSQL counts, in Unix microseconds.
const epoch = 946_684_800_000_000

// What a copy begins and ends with.
const (
	copyHeader  = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	copyTrailer = "\xff\xff"
)

// encodeRows returns rows in the binary format of COPY (PostgreSQL's manual,
// "COPY", "Binary Format"): by it a row costs the server two thirds of what an
// INSERT from arrays does, for it fills whole pages.
func encodeRows(rows []*eventRow) []byte {
	size := 64
	for _, r := range rows {
		size += 2 + 7*4 + 3*16 + 2*8 + len(r.ev.Type) + len(r.Body) // at most
	}
	out := append(make([]byte, 0, size), copyHeader...)
	for _, r := range rows {
		out = binary.BigEndian.AppendUint16(out, 7) // columns
		out = appendUUID(out, r.room)
		out = appendInt64(out, int64(r.Seq))
		out = appendUUID(out, r.id)
		out = append(appendLength(out, len(r.ev.Type)), r.ev.Type...)
		out = appendUUID(out, r.actor)
		out = appendInt64(out, r.ev.Time.UnixMicro()-epoch)
		out = append(appendLength(out, len(r.Body)), r.Body...)
	}
	return append(out, copyTrailer...)
}

func appendLength(out []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(out, uint32(n))
}

func appendInt64(out []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(appendLength(out, 8), uint64(n))
}

func appendUUID(out []byte, id pgtype.UUID) []byte {
	if !id.Valid {
		return binary.BigEndian.AppendUint32(out, 0xffff_ffff) // null
	}
	return append(appendLength(out, 16), id.Bytes[:]...)
}

// byRoom returns the rows with those of a room side by side, so that a page of
// history touches few blocks, and in their order there.
func byRoom(rows []eventRow) []*eventRow {
	sorted := make([]*eventRow, len(rows))
	for i := range rows {
		sorted[i] = &rows[i]
	}
	slices.SortFunc(sorted, func(a, b *eventRow) int {
		return cmp.Or(bytes.Compare(a.room.Bytes[:], b.room.Bytes[:]), cmp.Compare(a.Seq, b.Seq))
	})
	return sorted
}

// unknown returns the rows whose id has none in the table, and the others. It
// must be asked in the transaction that holds the offset, so that nobody adds
// any meanwhile.
func unknown(ctx context.Context, tx pgx.Tx, rows []*eventRow) (fresh []*eventRow, again []copied, err error) {
	ids := make([]pgtype.UUID, len(rows))
	for i, r := range rows {
		ids[i] = r.id
	}
	found, err := tx.Query(ctx, `SELECT id, seq FROM events WHERE id = ANY ($1::uuid[])`, ids)
	if err != nil {
		return nil, nil, err
	}
	known := map[pgtype.UUID]int64{}
	var id pgtype.UUID
	var seq int64
	if _, err := pgx.ForEachRow(found, []any{&id, &seq}, func() error { known[id] = seq; return nil }); err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		first, is := known[r.id]
		switch {
		case !is:
			fresh = append(fresh, r)
		case first != int64(r.Seq) || r.ev.Type == events.MessagePosted:
			again = append(again, copied{int64(r.Seq), r.room, r.id})
		}
	}
	return fresh, again, nil
}
