package sql

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/search"
)

const (
	// looksAtRows is how many rows of the piece that is not complete are read
	// first; of what follows four times as many each time.
	looksAtRows = 500
	// looksAtPieces bounds how many pieces are read at once: some hundred kilobytes.
	looksAtPieces = 32
)

// candidate is a message that may be found.
type candidate struct {
	room pgtype.UUID
	seq  int64
}

// look goes back through the log, a little first and then four times as much
// each time, until the page is full. So a word that many messages have is found
// in the newest of them, and one that few have in a few looks.
func (s *searching) look(ctx context.Context) error {
	rows, pieces := looksAtRows, 1
	for high := s.high; high > s.low && len(s.rooms) > 0; {
		var candidates []candidate
		var low uint64
		var err error
		if high > s.complete {
			candidates, low, err = s.inRows(ctx, high, rows)
			rows *= 4
		} else {
			candidates, low, err = s.inPieces(ctx, high, uint64(pieces))
			pieces = min(4*pieces, looksAtPieces)
		}
		if err == nil {
			err = s.read(ctx, candidates)
		}
		if err != nil || s.found.More {
			return err
		}
		if high = low; high > s.low && time.Now().After(s.until) {
			s.found.More, s.found.Before = true, high
		}
		if s.found.More {
			return nil
		}
	}
	return nil
}

// inRows looks at up to limit rows of the piece that is not complete, of which
// low says how far down they went.
func (s *searching) inRows(ctx context.Context, high uint64, limit int) (found []candidate, low uint64, err error) {
	low = max(s.low, s.complete)
	rows, err := s.tx.Query(ctx, `
		SELECT s.seq, s.room_id, s.terms FROM search s
		WHERE s.seq >= $1 AND s.seq < $2 AND s.room_id = ANY ($3::uuid[]) ORDER BY s.seq DESC LIMIT $4`,
		signed(low), signed(high), s.rooms, limit)
	if err != nil {
		return nil, 0, err
	}
	n := 0
	var at candidate
	var terms pgtype.DriverBytes
	_, err = pgx.ForEachRow(rows, []any{&at.seq, &at.room, &terms}, func() error {
		if n++; n == limit {
			low = uint64(at.seq)
		}
		if at.seq >= s.mine[at.room.Bytes] && search.Packed(terms).HasAll(s.terms) {
			found = append(found, at)
		}
		return nil
	})
	return found, low, err
}

// inPieces looks at pieces that are complete, up to so many. In which room the
// messages are, which takes the most bytes, it reads of pieces that have some.
func (s *searching) inPieces(ctx context.Context, high, most uint64) (found []candidate, low uint64, err error) {
	end := (high-1)>>s.bits + 1
	first := max(s.low>>s.bits, end-min(end, most))
	low = max(s.low, first<<s.bits)
	pieces, err := readParts(ctx, s.tx, s.parts, s.piecesBetween(first, end))
	if err != nil {
		return nil, 0, err
	}
	places := map[int64][]uint16{} // that have all terms, by piece
	for piece, parts := range pieces {
		all, err := s.inPiece(parts)
		if err != nil {
			return nil, 0, err
		}
		if len(all) > 0 {
			places[piece] = all
		}
	}
	rooms, err := readParts(ctx, s.tx, []int{search.Rooms}, slices.Collect(maps.Keys(places)))
	if err != nil {
		return nil, 0, err
	}
	for piece, parts := range rooms {
		err := search.EachRoom(parts[search.Rooms], s.isMine, func(room search.ID, in []uint16) {
			for _, place := range common(in, places[piece]) {
				seq := piece<<s.bits | int64(place)
				if uint64(seq) >= low && uint64(seq) < high && seq >= s.mine[room] {
					found = append(found, candidate{pgtype.UUID{Bytes: room, Valid: true}, seq})
				}
			}
		})
		if err != nil {
			return nil, 0, err
		}
	}
	slices.SortFunc(found, func(a, b candidate) int { return cmp.Compare(b.seq, a.seq) })
	return found, low, nil
}

func (s *searching) isMine(room search.ID) bool { _, is := s.mine[room]; return is }

// piecesBetween are the pieces from first to before end.
func (s *searching) piecesBetween(first, end uint64) (all []int64) {
	for piece := first; piece < end; piece++ {
		all = append(all, int64(piece))
	}
	return all
}

// inPiece returns which messages of a piece have all terms.
func (s *searching) inPiece(parts map[int][]byte) (places []uint16, err error) {
	for i, t := range s.terms {
		some, err := search.Places(nil, t, parts[t.Part()])
		if err != nil {
			return nil, err
		}
		if i == 0 {
			places = some
		} else if places = common(places, some); len(places) == 0 {
			break
		}
	}
	return places, nil
}

// common leaves in one, which ascends like other, what the other has, too.
func common(one, other []uint16) []uint16 {
	n := 0
	for _, v := range one {
		for len(other) > 0 && other[0] < v {
			other = other[1:]
		}
		if len(other) > 0 && other[0] == v {
			one[n] = v
			n++
		}
	}
	return one[:n]
}
