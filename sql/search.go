package sql

import (
	"context"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/search"
)

const (
	// searchWithin bounds one question to the database. One that takes so long
	// stands for a database that is overloaded or has not the index in memory.
	searchWithin = 3 * time.Second
	// searchBudget is after which time a page goes out as it is, short. What is
	// done between two looks at the clock takes some ten milliseconds.
	searchBudget = 120 * time.Millisecond
	// searchMore is how many messages more than the page are read at once, for
	// those that only seemed to match.
	searchMore = 20
	// searchMost is how many messages are read at once at most: about half a megabyte.
	searchMost = 1000
	// searchSkew is by how much the clocks of edges may differ, so that a
	// message with a later sequence has an earlier time.
	searchSkew = time.Hour
)

// Search returns what a person finds among the messages of the rooms they are
// in now, from where they may see them, newest first. not_found if they are not
// in the room asked for; overloaded if it takes too long.
func (db *DB) Search(ctx context.Context, f chat.SearchFor, q search.Query) (chat.Found, error) {
	if !events.IsID(f.Reader) || f.Room != "" && !events.IsID(f.Room) {
		return chat.Found{}, noRoom()
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	select {
	case db.searching <- struct{}{}:
		defer func() { <-db.searching }()
	case <-ctx.Done():
		return chat.Found{}, chat.Errorf(chat.Overloaded, "Too many people are searching right now. Try again in a moment.")
	}
	tx, err := db.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: beginSearch})
	if err != nil {
		return chat.Found{}, db.failed("search", err)
	}
	defer rollBack(ctx, tx)
	s := &searching{tx: tx, f: f, q: q, bits: db.pieceBits, until: time.Now().Add(searchBudget), mine: map[search.ID]int64{}}
	err = s.begin(ctx)
	if err == nil {
		err = s.look(ctx)
	}
	if stateOf(err) == queryCanceled && ctx.Err() == nil {
		err = &chat.Error{Code: chat.Overloaded, Detail: "This takes too long. Look in one room, for one person's messages or a shorter time.", Cause: err}
	}
	return s.found, db.maybe("search", err)
}

// queryCanceled is the SQLSTATE of a statement that took longer than it may.
const queryCanceled = "57014"

// beginSearch begins one moment of the database.
var beginSearch = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL enable_seqscan = off; SET LOCAL statement_timeout = ` + milliseconds(searchWithin)

// searching is one search.
type searching struct {
	tx    pgx.Tx
	f     chat.SearchFor
	q     search.Query
	bits  uint // of a piece
	until time.Time
	found chat.Found

	author    string              // their id
	mine      map[search.ID]int64 // my rooms, and from where on they are mine to see
	rooms     []pgtype.UUID       // the same
	complete  uint64              // sequences below this are in complete pieces
	low, high uint64              // sequences to look at: low ≤ seq < high
	terms     []search.Term       // that a message must have, ascending
	parts     []int               // of pieces, that say so
}

// begin finds out in which rooms, which part of the log and for which terms to look.
func (s *searching) begin(ctx context.Context) error {
	if err := s.scope(ctx); err != nil {
		return err
	}
	if len(s.rooms) == 0 && s.f.Room != "" {
		return noRoom()
	}
	s.high = uint64(min(before(s.f.Before), signed(s.found.Offset)+1))
	if err := s.times(ctx); err != nil {
		return err
	}
	s.terms = s.q.Terms()
	if s.f.Author != "" {
		s.terms = append(s.terms, search.AuthorTerm(s.author))
	}
	slices.Sort(s.terms)
	for _, t := range s.terms {
		s.parts = append(s.parts, t.Part())
	}
	return nil
}

// scope reads the rooms, the author and how far the tables are true.
func (s *searching) scope(ctx context.Context) error {
	rows, err := s.tx.Query(ctx, `
		SELECT least((`+chatOffset+`), (`+searchOffset+`)), (`+searchOffset+`), coalesce((SELECT u.id::text FROM users u WHERE u.name_key = $3), $4), m.room_id, `+seenFrom+`
		FROM (SELECT 1) once
		LEFT JOIN members m ON m.user_id = $1 AND m.left_at IS NULL AND ($2::uuid IS NULL OR m.room_id = $2)`,
		s.f.Reader, orNull(s.f.Room), nameKey(s.f.Author), s.f.Author)
	if err != nil {
		return err
	}
	var room pgtype.UUID
	var from int64
	var folded uint64
	_, err = pgx.ForEachRow(rows, []any{&s.found.Offset, &folded, &s.author, &room, &from}, func() error {
		if room.Valid {
			s.rooms, s.mine[room.Bytes] = append(s.rooms, room), from
		}
		return nil
	})
	s.complete = completeAt(folded, s.bits) << s.bits
	return err
}

// times narrows the part of the log down to where the times asked for can be.
func (s *searching) times(ctx context.Context) error {
	if !s.f.Since.IsZero() {
		err := s.tx.QueryRow(ctx, `SELECT coalesce((SELECT seq FROM search WHERE at < $1 ORDER BY at DESC LIMIT 1), 0)`,
			s.f.Since.Add(-searchSkew)).Scan(&s.low)
		if err != nil {
			return err
		}
	}
	if s.f.Until.IsZero() {
		return nil
	}
	var end uint64
	err := s.tx.QueryRow(ctx, `SELECT coalesce((SELECT seq FROM search WHERE at > $1 ORDER BY at LIMIT 1), 9223372036854775807)`,
		s.f.Until.Add(searchSkew)).Scan(&end)
	s.high = min(s.high, end)
	return err
}
