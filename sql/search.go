package sql

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/search"
)

const (
	// searchWithin bounds one look into the index. A look that takes so long
	// stands for a database that is overloaded or has not the index in memory.
	searchWithin = 3 * time.Second
	// searchBudget is after which time a page goes out as it is, short.
	searchBudget = 150 * time.Millisecond
	// searchMore is how many rows more than the page one look brings, for those
	// that only seemed to match.
	searchMore = 20
	// searchMost is how many rows one look brings at most: about a megabyte.
	searchMost = 2000
	// searchSkew is by how much the clocks of edges may differ, so that a
	// message with a later sequence has an earlier time.
	searchSkew = time.Hour
	// directRooms is in how few rooms the index is asked for the room, too.
	directRooms = 8
)

// Search returns what a person finds among the messages of the rooms they are
// in now, from where they may see them, newest first. not_found if they are not
// in the room asked for; unavailable if it takes too long.
func (db *DB) Search(ctx context.Context, f chat.SearchFor, q search.Query) (chat.Found, error) {
	if !events.IsID(f.Reader) || f.Room != "" && !events.IsID(f.Room) {
		return chat.Found{}, noRoom()
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	tx, err := db.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: beginSearch})
	if err != nil {
		return chat.Found{}, db.failed("search", err)
	}
	defer rollBack(ctx, tx)
	s := &searching{tx: tx, f: f, q: q, until: time.Now().Add(searchBudget)}
	if err := s.begin(ctx); err != nil {
		return chat.Found{}, db.failed("search", err)
	}
	err = s.look(ctx)
	return s.found, db.maybe("search", err)
}

// beginSearch begins one moment of the database, in which the index may be used
// that the other questions do without.
var beginSearch = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL enable_bitmapscan = on; SET LOCAL enable_seqscan = off;
	SET LOCAL statement_timeout = ` + milliseconds(searchWithin)

// searching is one search.
type searching struct {
	tx    pgx.Tx
	f     chat.SearchFor
	q     search.Query
	until time.Time
	found chat.Found

	rooms     []string // mine
	froms     []int64  // from where on
	low, high uint64   // sequences to look at: low ≤ seq < high
	terms     [][]search.Term
}

// begin finds the rooms, and which part of the log is to be looked at.
func (s *searching) begin(ctx context.Context) error {
	var offset, high, low int64
	rows, err := s.tx.Query(ctx, `
		SELECT least((`+chatOffset+`), (`+searchOffset+`)), $2::bigint, 0::bigint, m.room_id::text, `+seenFrom+`
		FROM members m WHERE m.user_id = $1 AND m.left_at IS NULL AND ($3::uuid IS NULL OR m.room_id = $3)`,
		s.f.Reader, before(s.f.Before), orNull(s.f.Room))
	if err != nil {
		return err
	}
	var room string
	var from int64
	if _, err := pgx.ForEachRow(rows, []any{&offset, &high, &low, &room, &from}, func() error {
		s.rooms, s.froms = append(s.rooms, room), append(s.froms, from)
		return nil
	}); err != nil {
		return err
	}
	if len(s.rooms) == 0 && s.f.Room != "" {
		return noRoom()
	}
	s.found.Offset = uint64(offset)
	s.low, s.high = uint64(low), uint64(min(high, offset+1))
	if err := s.times(ctx); err != nil {
		return err
	}
	for _, t := range s.q.Terms() {
		s.terms = append(s.terms, []search.Term{t})
	}
	if s.f.Author != "" {
		s.terms = append(s.terms, []search.Term{search.AuthorTerm(s.f.Author)})
	}
	if len(s.rooms) <= directRooms {
		var any []search.Term
		for _, room := range s.rooms {
			any = append(any, search.RoomTerm(room))
		}
		s.terms = append(s.terms, any)
	}
	return nil
}

// times narrows the part of the log down to where the times asked for can be.
func (s *searching) times(ctx context.Context) error {
	for _, bound := range []struct {
		at    time.Time
		query string
		to    *uint64
	}{
		{s.f.Since, `SELECT coalesce((SELECT seq FROM search WHERE at < $1 ORDER BY at DESC LIMIT 1), 0)`, &s.low},
		{s.f.Until, `SELECT coalesce((SELECT seq FROM search WHERE at > $1 ORDER BY at LIMIT 1), 9223372036854775807)`, &s.high},
	} {
		if bound.at.IsZero() {
			continue
		}
		at := bound.at.Add(-searchSkew)
		if bound.to == &s.high {
			at = bound.at.Add(searchSkew)
		}
		var seq uint64
		if err := s.tx.QueryRow(ctx, bound.query, at).Scan(&seq); err != nil {
			return err
		}
		if bound.to == &s.high {
			s.high = min(s.high, seq)
		} else {
			s.low = max(s.low, seq)
		}
	}
	return nil
}

// look goes back through the log, a piece first and then four times as much
// each time, until the page is full. So a word that many messages have is found
// in the newest of them, and one that few have in a few looks.
func (s *searching) look(ctx context.Context) error {
	high := s.high
	for width := uint64(1); high > s.low && len(s.rooms) > 0; width *= 4 {
		low := max(s.low, (high-1)>>pieceBits<<pieceBits-min((high-1)>>pieceBits, width-1)<<pieceBits)
		if err := s.lookBetween(ctx, low, high); err != nil || s.found.More {
			return err
		}
		high = low
		if high > s.low && time.Now().After(s.until) {
			s.found.More, s.found.Before = true, high
			return nil
		}
	}
	return nil
}

// lookBetween adds what is found with low ≤ seq < high.
func (s *searching) lookBetween(ctx context.Context, low, high uint64) error {
	for limit := s.f.Limit - len(s.found.Items) + 1 + searchMore; high > low; limit = min(4*limit, searchMost) {
		query, args := s.statement(low, high, limit)
		rows, err := s.tx.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		n := 0
		var item chat.FoundItem
		var envelope string
		_, err = pgx.ForEachRow(rows, []any{&item.Room, &item.Seq, &envelope}, func() error {
			n++
			high = item.Seq
			if s.found.More || !s.matches(envelope) {
				return nil
			}
			if len(s.found.Items) == s.f.Limit {
				s.found.More = true
				return nil
			}
			item.Event = []byte(envelope)
			s.found.Items = append(s.found.Items, item)
			s.found.Before = item.Seq
			return nil
		})
		if err != nil || s.found.More || n < limit {
			return err
		}
		if time.Now().After(s.until) {
			s.found.More, s.found.Before = true, high
			return nil
		}
	}
	return nil
}

// statement is one look into the index: the newest rows that have all terms and
// are mine to see. A question with as many terms is always the same.
func (s *searching) statement(low, high uint64, limit int) (string, []any) {
	args := []any{s.rooms, s.froms, signed(low), signed(high), limit}
	var having strings.Builder
	for _, any := range s.terms {
		args = append(args, keysBetween(any, low, high))
		fmt.Fprintf(&having, " AND s.terms && $%d::integer[]", len(args))
	}
	return `
		WITH has AS MATERIALIZED (
			SELECT s.room_id, s.seq FROM search s WHERE s.seq >= $3 AND s.seq < $4` + having.String() + `
		), found AS MATERIALIZED (
			SELECT h.room_id, h.seq FROM has h
			JOIN unnest($1::uuid[], $2::bigint[]) mine (room_id, seen_from) ON mine.room_id = h.room_id AND h.seq >= mine.seen_from
			ORDER BY h.seq DESC LIMIT $5
		)
		SELECT found.room_id::text, found.seq, coalesce(e.envelope, '') FROM found
		LEFT JOIN events e ON e.room_id = found.room_id AND e.seq = found.seq
		ORDER BY found.seq DESC`, args
}

// keysBetween are the terms' keys in each piece of a part of the log.
func keysBetween(terms []search.Term, low, high uint64) []int32 {
	var keys []int32
	for piece := low >> pieceBits; piece <= (high-1)>>pieceBits && len(keys) < pieces*len(terms); piece++ {
		for _, t := range terms {
			keys = append(keys, searchKey(piece<<pieceBits, t))
		}
	}
	return keys
}

// matches reports whether the message, as it is now, is what was asked for: in
// the index its terms may be of another, and by chance.
func (s *searching) matches(envelope string) bool {
	ev, err := events.Decode([]byte(envelope))
	if err != nil || ev.Type != events.MessagePosted || ev.Version > events.Version ||
		s.f.Author != "" && ev.Actor.ID != s.f.Author ||
		ev.Time.Before(s.f.Since) || !s.f.Until.IsZero() && !ev.Time.Before(s.f.Until) {
		return false
	}
	data, err := events.DataOf[events.MessagePostedData](ev)
	return err == nil && s.q.Matches(data.Text)
}
