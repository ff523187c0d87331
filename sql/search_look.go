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
		SELECT found.room_id::text, found.seq, coalesce(e.current, e.envelope, '') FROM found
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
		s.f.Author != "" && ev.Actor.ID != s.author ||
		ev.Time.Before(s.f.Since) || !s.f.Until.IsZero() && !ev.Time.Before(s.f.Until) {
		return false
	}
	data, err := events.DataOf[events.MessagePostedData](ev)
	return err == nil && s.q.Matches(data.Text)
}
