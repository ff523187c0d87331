package sql

import (
	"cmp"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/search"
)

// pieceBits say how many entries of the log are a piece: 16 384. A question
// looks at the newest piece first, so that it costs the same however many
// messages there are before.
const pieceBits = 14

// pieces is how many there are before they begin anew: by then, after 16
// million entries, a question meets some that are not meant and leaves them out.
const pieces = 1 << (32 - search.TermBits)

// searchKey is what search.terms holds for a term of a message. The index has a
// piece's keys side by side: what is added now is all in one place.
func searchKey(seq uint64, t search.Term) int32 {
	return int32(uint32(seq>>pieceBits%pieces)<<search.TermBits | uint32(t))
}

// searchRows are what a batch of CHAT changes in search.
type searchRows struct {
	posted  map[uint64]*searchRow // by sequence
	edited  map[searchKeyOf]*searchRow
	deleted []*searchRow
}

// searchKeyOf is what an edit names: of the right ones and the wrong, each its last.
type searchKeyOf struct {
	seq   uint64
	whose int64
}

type searchRow struct {
	room  pgtype.UUID
	seq   uint64
	at    time.Time
	whose int64
	terms []search.Term // nil: it was deleted
}

// queueSearch folds what was posted, edited and deleted. It passes over what it
// does not understand, of which persister-chat tells.
func queueSearch(work *work, entries []events.Entry) {
	rows := searchRows{posted: map[uint64]*searchRow{}, edited: map[searchKeyOf]*searchRow{}}
	for _, entry := range entries {
		if ev, err := entry.Event(); err == nil && ev.Version <= events.Version {
			rows.add(entry.Seq, ev)
		}
	}
	rows.queue(work)
}

func (r *searchRows) add(seq uint64, ev events.Event) {
	room, err := parseID(ev.Scope)
	if err != nil {
		return
	}
	switch ev.Type {
	case events.MessagePosted:
		if data, err := events.DataOf[events.MessagePostedData](ev); err == nil {
			r.posted[seq] = &searchRow{room, seq, ev.Time, whose(ev.ID, ev.Actor.ID), search.Terms(ev.Scope, ev.Actor.ID, data.Text)}
		}
	case events.MessageEdited:
		if data, err := events.DataOf[events.MessageEditedData](ev); err == nil && data.Seq < seq {
			r.edit(searchRow{room, data.Seq, ev.Time, whose(data.Message, ev.Actor.ID), search.Terms(ev.Scope, ev.Actor.ID, data.Text)})
		}
	case events.MessageDeleted:
		if data, err := events.DataOf[events.MessageDeletedData](ev); err == nil && data.Seq < seq && data.Message == chat.MessageID(data.User.ID, ev.Scope, data.Key) {
			r.delete(searchRow{room, data.Seq, data.Time, whose(data.Message, data.User.ID), nil})
		}
	}
}

func (r *searchRows) edit(row searchRow) {
	if of := r.posted[row.seq]; of == nil {
		r.edited[searchKeyOf{row.seq, row.whose}] = &row
	} else if of.is(row) && of.terms != nil {
		of.terms = row.terms
	}
}

func (r *searchRows) delete(row searchRow) {
	if of := r.posted[row.seq]; of == nil {
		r.deleted = append(r.deleted, &row)
	} else if of.is(row) && of.at.Equal(row.at) {
		of.terms = nil
	}
}

// is reports whether what names row means r.
func (r *searchRow) is(row searchRow) bool { return r.room == row.room && r.whose == row.whose }

// whose is search.whose.
func whose(id, author string) int64 {
	h := fnv.New64a()
	h.Write([]byte(id + author))
	return int64(h.Sum64())
}

// queue queues the statements. What was deleted keeps a row without terms, made
// of the deletion alone where the log has forgotten the message: so a rebuild
// gives the same rows, and no copy of the message takes its place.
func (r *searchRows) queue(work *work) {
	const rows = `(SELECT room_id, seq, at, whose, ($5::integer[])[first:last] AS terms
		FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::bigint[], $6::integer[], $7::integer[]) AS r (room_id, seq, at, whose, first, last)) m`
	const insert = `INSERT INTO search (room_id, seq, at, whose, terms) SELECT room_id, seq, at, whose, terms FROM ` + rows + ` ON CONFLICT DO NOTHING`
	const update = `UPDATE search s SET terms = m.terms FROM ` + rows + `
		WHERE s.room_id = m.room_id AND s.seq = m.seq AND s.whose = m.whose AND s.terms <> '{}'`
	if len(r.posted) > 0 {
		work.then(insert, columnsOf(slices.Collect(maps.Values(r.posted)))...)
	}
	if len(r.edited) > 0 {
		work.then(update, columnsOf(slices.Collect(maps.Values(r.edited)))...)
	}
	if len(r.deleted) > 0 {
		work.then(update+` AND s.at = m.at`, columnsOf(r.deleted)...)
		work.then(insert, columnsOf(r.deleted)...)
	}
}

// columnsOf returns the rows by column, the terms of all in one array with
// where each row's begin and end in it: an array of arrays would be a rectangle.
func columnsOf(rows []*searchRow) []any {
	slices.SortFunc(rows, func(a, b *searchRow) int { return cmp.Compare(a.seq, b.seq) })
	var rooms []pgtype.UUID
	var seqs, whose []int64
	var times []time.Time
	var first, last []int32
	keys := []int32{} // not null
	for _, row := range rows {
		rooms, seqs, times, whose = append(rooms, row.room), append(seqs, signed(row.seq)), append(times, row.at), append(whose, row.whose)
		first = append(first, int32(len(keys)+1))
		for _, t := range row.terms {
			keys = append(keys, searchKey(row.seq, t))
		}
		last = append(last, int32(len(keys)))
	}
	return []any{rooms, seqs, times, whose, keys, first, last}
}
