package sql

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/events"
)

// snapshotWithin bounds one statement of a snapshot. The first page of a long
// list waits until the server has sorted it.
const snapshotWithin = 15 * time.Minute

// Snapshot is one moment of the whole database, for whoever compares it with
// the log: rows and offsets that belong together, however long that takes. It
// is used by one goroutine.
type Snapshot struct {
	db      *DB
	tx      pgx.Tx
	cursors int
}

// Snapshot calls fn with the present moment, and holds it until fn returns.
// Nothing can be changed through it. A standby's database has it, too.
func (db *DB) Snapshot(ctx context.Context, fn func(context.Context, *Snapshot) error) error {
	tx, err := db.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return db.failed("look at the tables", err)
	}
	defer rollBack(ctx, tx)
	// What is listed is read to its end: the server plans for that.
	for setting, value := range map[string]string{"statement_timeout": milliseconds(snapshotWithin),
		"idle_in_transaction_session_timeout": milliseconds(snapshotWithin), "cursor_tuple_fraction": "1"} {
		if _, err := tx.Exec(ctx, "SET LOCAL "+setting+" = "+value); err != nil {
			return db.failed("look at the tables", err)
		}
	}
	return fn(ctx, &Snapshot{db: db, tx: tx})
}

// Offset is a consumer's place in a stream.
type Offset struct {
	Consumer    string
	Stream      events.Stream
	Incarnation string
	Seq         uint64
}

// Offsets returns all of them by consumer.
func (s *Snapshot) Offsets(ctx context.Context) (map[string]Offset, error) {
	all, err := collect[Offset](ctx, s, "SELECT consumer, stream, incarnation, seq FROM offsets")
	offsets := map[string]Offset{}
	for _, o := range all {
		offsets[o.Consumer] = o
	}
	return offsets, err
}

// collect returns all rows of a query whose answer is small.
func collect[T any](ctx context.Context, s *Snapshot, query string, args ...any) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, snapshotWithin)
	defer cancel()
	rows, err := s.tx.Query(ctx, query, args...)
	if err != nil {
		return nil, s.db.failed("look at the tables", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[T])
	return all, s.db.maybe("look at the tables", err)
}

// A List is a long answer, read page by page.
type List[T any] struct {
	snapshot *Snapshot
	name     string
	page     []T
	ended    bool
}

// listPage is how many rows are in memory at once.
const listPage = 1000

// list opens a list. The query has no parameters: a cursor takes none.
func list[T any](ctx context.Context, s *Snapshot, query string) (*List[T], error) {
	s.cursors++
	l := &List[T]{snapshot: s, name: fmt.Sprintf("list_%d", s.cursors)}
	if _, err := s.tx.Exec(ctx, "DECLARE "+l.name+" NO SCROLL CURSOR FOR "+query); err != nil {
		return nil, s.db.failed("look at the tables", err)
	}
	return l, nil
}

// Peek returns the next row without going on; nil at the end.
func (l *List[T]) Peek(ctx context.Context) (*T, error) {
	if len(l.page) == 0 && !l.ended {
		var err error
		if l.page, err = collect[T](ctx, l.snapshot, fmt.Sprintf("FETCH %d FROM %s", listPage, l.name)); err != nil {
			return nil, err
		}
		l.ended = len(l.page) < listPage
	}
	if len(l.page) == 0 {
		return nil, nil
	}
	return &l.page[0], nil
}

// Next returns the next row and goes on; nil at the end.
func (l *List[T]) Next(ctx context.Context) (*T, error) {
	row, err := l.Peek(ctx)
	if row != nil {
		l.page = l.page[1:]
	}
	return row, err
}
