package sql

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// read reads candidates, newest first, and adds those that are found, until the
// page is full or the time is up.
func (s *searching) read(ctx context.Context, candidates []candidate) error {
	for n := s.f.Limit - len(s.found.Items) + 1 + searchMore; len(candidates) > 0; n = min(4*n, searchMost) {
		some := candidates[:min(n, len(candidates))]
		candidates = candidates[len(some):]
		if err := s.readSome(ctx, some); err != nil || s.found.More {
			return err
		}
		if len(candidates) > 0 && time.Now().After(s.until) {
			s.found.More, s.found.Before = true, uint64(some[len(some)-1].seq)
			return nil
		}
	}
	return nil
}

func (s *searching) readSome(ctx context.Context, candidates []candidate) error {
	rooms, seqs := make([]pgtype.UUID, len(candidates)), make([]int64, len(candidates))
	for i, c := range candidates {
		rooms[i], seqs[i] = c.room, c.seq
	}
	rows, err := s.tx.Query(ctx, `
		SELECT e.room_id::text, e.seq, coalesce(e.current, e.envelope)
		FROM unnest($1::uuid[], $2::bigint[]) c (room_id, seq)
		JOIN events e ON e.room_id = c.room_id AND e.seq = c.seq
		ORDER BY e.seq DESC`, rooms, seqs)
	if err != nil {
		return err
	}
	var item chat.FoundItem
	var envelope string
	_, err = pgx.ForEachRow(rows, []any{&item.Room, &item.Seq, &envelope}, func() error {
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
	return err
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
	text, err := events.TextOf(ev)
	return err == nil && s.q.Matches(text)
}
