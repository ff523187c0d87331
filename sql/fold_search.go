package sql

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/search"
)

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
	terms search.Packed // nil: it was deleted
}

// searchRowsOf folds what was posted, edited and deleted. It passes over what it
// does not understand, of which persister-chat tells.
func searchRowsOf(entries []events.Entry) searchRows {
	rows := searchRows{posted: map[uint64]*searchRow{}, edited: map[searchKeyOf]*searchRow{}}
	for _, entry := range entries {
		if ev, err := entry.Event(); err == nil && ev.Version <= events.Version {
			rows.add(entry.Seq, ev)
		}
	}
	return rows
}

func (r *searchRows) add(seq uint64, ev events.Event) {
	room, err := parseID(ev.Scope)
	if err != nil {
		return
	}
	switch ev.Type {
	case events.MessagePosted:
		if text, err := events.TextOf(ev); err == nil {
			r.posted[seq] = &searchRow{room, seq, ev.Time, whose(ev.ID, ev.Actor.ID), search.Pack(search.Terms(ev.Actor.ID, text))}
		}
	case events.MessageEdited:
		if data, err := events.DataOf[events.MessageEditedData](ev); err == nil && data.Seq < seq {
			r.edit(searchRow{room, data.Seq, ev.Time, whose(data.Message, ev.Actor.ID), search.Pack(search.Terms(ev.Actor.ID, data.Text))})
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

// copyPosted expects that none of what was posted has a row yet.
func (f *searchFold) copyPosted(ctx context.Context, tx pgx.Tx) error {
	if len(f.posted) == 0 {
		return nil
	}
	_, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(f.encoded), copySearch)
	return err
}

// insertPosted passes over copies of what has a row.
func (f *searchFold) insertPosted(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, insertSearch, columnsOf(f.posted)...)
	return err
}

const (
	copySearch   = `COPY search (seq, room_id, at, whose, terms) FROM STDIN WITH (FORMAT binary)`
	insertSearch = `INSERT INTO search (seq, room_id, at, whose, terms) SELECT seq, room_id, at, whose, terms FROM ` + searchColumns + ` ON CONFLICT DO NOTHING`
	// searchColumns is what columnsOf returns.
	searchColumns = `unnest($1::bigint[], $2::uuid[], $3::timestamptz[], $4::bigint[], $5::bytea[]) AS m (seq, room_id, at, whose, terms)`
)

// amendments edit and delete. What was deleted keeps a row without terms, made
// of the deletion alone where the log has forgotten the message: so a rebuild
// gives the same rows, and no copy of the message takes its place.
func (r *searchRows) amendments() []statement {
	const update = `UPDATE search s SET terms = m.terms FROM ` + searchColumns + `
		WHERE s.seq = m.seq AND s.room_id = m.room_id AND s.whose = m.whose AND s.terms <> ''`
	var work work
	if len(r.edited) > 0 {
		work.then(update, columnsOf(slices.SortedFunc(maps.Values(r.edited), bySequence))...)
	}
	if len(r.deleted) > 0 {
		columns := columnsOf(r.deleted)
		work.then(update+` AND s.at = m.at`, columns...)
		work.then(insertSearch, columns...)
	}
	return work.statements
}

// amended are the sequences below end whose row may change.
func (r *searchRows) amended(end uint64) (seqs []int64) {
	for at := range r.edited {
		if at.seq < end {
			seqs = append(seqs, signed(at.seq))
		}
	}
	for _, row := range r.deleted {
		if row.seq < end {
			seqs = append(seqs, signed(row.seq))
		}
	}
	slices.Sort(seqs)
	return slices.Compact(seqs)
}

func bySequence(a, b *searchRow) int { return cmp.Compare(a.seq, b.seq) }

// encodeSearch returns the rows as copySearch takes them: see encodeRows.
func encodeSearch(rows []*searchRow) []byte {
	out := append(make([]byte, 0, 64+256*len(rows)), copyHeader...)
	for _, row := range rows {
		out = binary.BigEndian.AppendUint16(out, 5) // columns
		out = appendInt64(out, signed(row.seq))
		out = appendUUID(out, row.room)
		out = appendInt64(out, row.at.UnixMicro()-epoch)
		out = appendInt64(out, row.whose)
		out = append(appendLength(out, len(row.terms)), row.terms...)
	}
	return append(out, copyTrailer...)
}

// columnsOf returns the rows by column.
func columnsOf(rows []*searchRow) []any {
	seqs, rooms := make([]int64, len(rows)), make([]pgtype.UUID, len(rows))
	times, whose := make([]time.Time, len(rows)), make([]int64, len(rows))
	terms := make([][]byte, len(rows))
	for i, row := range rows {
		seqs[i], rooms[i], times[i], whose[i] = signed(row.seq), row.room, row.at, row.whose
		terms[i] = bytesOf(row.terms)
	}
	return []any{seqs, rooms, times, whose, terms}
}
