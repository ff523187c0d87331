package sql

import (
	"context"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/search"
)

// pieceBits say that 8 192 entries of the log are a piece. Of the piece that is
// not complete yet a question reads the rows, so that it must not be large; and
// of each other it reads a row a term, so that there must not be many. Another
// number takes a migration.
const pieceBits = 13

// completeAt says how many pieces are complete when the fold is at offset.
func completeAt(offset uint64, bits uint) uint64 { return (offset + 1) >> bits }

// searchFold is a batch of CHAT for search.
type searchFold struct {
	rows     searchRows
	posted   []*searchRow
	encoded  []byte // posted
	from, to uint64
	bits     uint
}

func newSearchFold(b events.Batch, bits uint) *searchFold {
	rows := searchRowsOf(b.Entries)
	posted := slices.SortedFunc(maps.Values(rows.posted), bySequence)
	return &searchFold{rows, posted, encodeSearch(posted), b.From, b.To, bits}
}

// write writes the rows, then what they change in pieces that were complete
// before, then the pieces that they complete. The result depends on the log
// alone, and not on how it was cut into batches.
func (f *searchFold) write(ctx context.Context, tx pgx.Tx, addPosted func(context.Context, pgx.Tx) error) error {
	amended := f.rows.amended(completeAt(f.from, f.bits) << f.bits)
	before, err := termsOf(ctx, tx, amended)
	if err != nil {
		return err
	}
	if err := addPosted(ctx, tx); err != nil {
		return err
	}
	if err := send(ctx, tx, f.rows.amendments()); err != nil {
		return err
	}
	now, err := termsOf(ctx, tx, amended)
	if err != nil {
		return err
	}
	for seq, row := range before {
		if string(row.terms) == string(now[seq].terms) {
			continue
		}
		if err := f.change(ctx, tx, seq, search.Change{Place: f.place(seq), Room: row.room.Bytes, Before: row.terms, Now: now[seq].terms}); err != nil {
			return err
		}
	}
	return f.complete(ctx, tx)
}

func (f *searchFold) place(seq int64) uint16 { return uint16(seq & (1<<f.bits - 1)) }

// pieceParts are parts of pieces, by column.
type pieceParts struct {
	parts  []int16
	pieces []int64
	bytes  [][]byte
}

func (p *pieceParts) add(piece int64, part int, encoded []byte) {
	p.parts, p.pieces, p.bytes = append(p.parts, int16(part)), append(p.pieces, piece), append(p.bytes, encoded)
}

// insert writes the parts. Whoever folds the log anew, beside the rows of before, finds them there.
func (p *pieceParts) insert(ctx context.Context, tx pgx.Tx) error {
	if len(p.parts) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO search_pieces (part, piece, postings) SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
		ON CONFLICT (part, piece) DO UPDATE SET postings = excluded.postings`,
		p.parts, p.pieces, p.bytes)
	return err
}

// complete adds the pieces that the batch has completed.
func (f *searchFold) complete(ctx context.Context, tx pgx.Tx) error {
	first, end := completeAt(f.from, f.bits), completeAt(f.to, f.bits)
	if first == end {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT seq, room_id, terms FROM search WHERE seq >= $1 AND seq < $2 AND terms <> '' ORDER BY seq`,
		signed(first<<f.bits), signed(end<<f.bits))
	if err != nil {
		return err
	}
	var parts pieceParts
	piece, last := new(search.Piece), int64(first)
	done := func() {
		piece.Parts(func(part int, encoded []byte) { parts.add(last, part, encoded) })
		piece = new(search.Piece)
	}
	var seq int64
	var room pgtype.UUID
	var terms pgtype.DriverBytes
	_, err = pgx.ForEachRow(rows, []any{&seq, &room, &terms}, func() error {
		if of := seq >> f.bits; of != last {
			done()
			last = of
		}
		piece.Add(f.place(seq), room.Bytes, search.Packed(terms))
		return nil
	})
	if err != nil {
		return err
	}
	done()
	return parts.insert(ctx, tx)
}

// change writes the parts of a complete piece anew that a change is about.
func (f *searchFold) change(ctx context.Context, tx pgx.Tx, seq int64, c search.Change) error {
	piece := seq >> f.bits
	old, err := readParts(ctx, tx, c.Parts(), []int64{piece})
	if err != nil {
		return err
	}
	var now pieceParts
	for _, part := range c.Parts() {
		encoded, err := c.Apply(part, old[piece][part])
		if err != nil {
			return err
		}
		if len(encoded) > 0 {
			now.add(piece, part, encoded)
		}
	}
	if _, err := tx.Exec(ctx, `DELETE FROM search_pieces WHERE part = ANY ($1::smallint[]) AND piece = $2`, c.Parts(), piece); err != nil {
		return err
	}
	return now.insert(ctx, tx)
}

// readParts returns parts of pieces, by piece and part.
func readParts(ctx context.Context, tx pgx.Tx, parts []int, pieces []int64) (map[int64]map[int][]byte, error) {
	found := map[int64]map[int][]byte{}
	if len(pieces) == 0 {
		return found, nil
	}
	rows, err := tx.Query(ctx, `SELECT piece, part, postings FROM search_pieces WHERE part = ANY ($1::smallint[]) AND piece = ANY ($2::bigint[])`, parts, pieces)
	if err != nil {
		return nil, err
	}
	var piece int64
	var part int
	var encoded []byte
	_, err = pgx.ForEachRow(rows, []any{&piece, &part, &encoded}, func() error {
		if found[piece] == nil {
			found[piece] = map[int][]byte{}
		}
		found[piece][part] = encoded
		return nil
	})
	return found, err
}

// termsOf returns the rows with these sequences.
func termsOf(ctx context.Context, tx pgx.Tx, seqs []int64) (map[int64]searchRow, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	rows, err := tx.Query(ctx, `SELECT seq, room_id, terms FROM search WHERE seq = ANY ($1::bigint[])`, seqs)
	if err != nil {
		return nil, err
	}
	found := map[int64]searchRow{}
	var seq int64
	var row searchRow
	_, err = pgx.ForEachRow(rows, []any{&seq, &row.room, (*[]byte)(&row.terms)}, func() error {
		found[seq] = row
		return nil
	})
	return found, err
}
