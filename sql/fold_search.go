package sql

import (
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

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
	posted  []searchRow
	at      map[uint64]int // where in posted
	edited  map[uint64]searchRow
	deleted map[uint64]pgtype.UUID
}

type searchRow struct {
	room  pgtype.UUID
	seq   uint64
	at    time.Time
	terms []search.Term // none: it was deleted
}

// queueSearch folds what was posted, edited and deleted. It passes over what it
// does not understand, of which persister-chat tells.
func queueSearch(work *work, entries []events.Entry) {
	rows := searchRows{at: map[uint64]int{}, edited: map[uint64]searchRow{}, deleted: map[uint64]pgtype.UUID{}}
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
			r.at[seq] = len(r.posted)
			r.posted = append(r.posted, searchRow{room, seq, ev.Time, search.Terms(ev.Scope, ev.Actor.ID, data.Text)})
		}
	case events.MessageEdited:
		if data, err := events.DataOf[events.MessageEditedData](ev); err == nil && data.Seq < seq {
			r.edit(searchRow{room, data.Seq, ev.Time, search.Terms(ev.Scope, ev.Actor.ID, data.Text)})
		}
	case events.MessageDeleted:
		if data, err := events.DataOf[events.MessageDeletedData](ev); err == nil && data.Seq < seq {
			r.delete(room, data.Seq)
		}
	}
}

func (r *searchRows) edit(row searchRow) {
	i, here := r.at[row.seq]
	switch {
	case !here:
		r.edited[row.seq] = row
	case r.posted[i].room == row.room && r.posted[i].terms != nil:
		r.posted[i].terms = row.terms
	}
}

func (r *searchRows) delete(room pgtype.UUID, seq uint64) {
	if i, here := r.at[seq]; here && r.posted[i].room == room {
		r.posted[i].terms = nil
		return
	}
	r.deleted[seq] = room
}

func (r *searchRows) queue(work *work) {
	r.posted = slices.DeleteFunc(r.posted, func(row searchRow) bool { return row.terms == nil })
	if len(r.posted) > 0 {
		work.then(`
			INSERT INTO search (room_id, seq, at, terms)
			SELECT room_id, seq, at, ($4::integer[])[first:last]
			FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $5::integer[], $6::integer[]) AS m (room_id, seq, at, first, last)
			ON CONFLICT (room_id, seq) DO NOTHING`, columnsOf(r.posted)...)
	}
	if len(r.edited) > 0 {
		var edited []searchRow
		for _, row := range r.edited {
			edited = append(edited, row)
		}
		work.then(`
			UPDATE search SET terms = ($4::integer[])[first:last]
			FROM unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $5::integer[], $6::integer[]) AS m (room_id, seq, at, first, last)
			WHERE search.room_id = m.room_id AND search.seq = m.seq`, columnsOf(edited)...)
	}
	if len(r.deleted) > 0 {
		var rooms []pgtype.UUID
		var seqs []int64
		for seq, room := range r.deleted {
			rooms, seqs = append(rooms, room), append(seqs, signed(seq))
		}
		work.then(`
			DELETE FROM search USING unnest($1::uuid[], $2::bigint[]) AS m (room_id, seq)
			WHERE search.room_id = m.room_id AND search.seq = m.seq`, rooms, seqs)
	}
}

// columnsOf returns the rows by column, the terms of all in one array with
// where each row's begin and end in it: an array of arrays would be a rectangle.
func columnsOf(rows []searchRow) []any {
	var rooms []pgtype.UUID
	var seqs []int64
	var times []time.Time
	var keys, first, last []int32
	for _, row := range rows {
		rooms, seqs, times = append(rooms, row.room), append(seqs, signed(row.seq)), append(times, row.at)
		first = append(first, int32(len(keys)+1))
		for _, t := range row.terms {
			keys = append(keys, searchKey(row.seq, t))
		}
		last = append(last, int32(len(keys)))
	}
	return []any{rooms, seqs, times, keys, first, last}
}
