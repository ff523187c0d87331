package sql

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/events"
)

// Projection folds one stream of the log into tables, for one consumer. Its
// offset, in the same database, is the fence: of two instances that apply the
// same entries, one commits and the other gets ErrFenced.
type Projection struct {
	db       *DB
	consumer string
}

// Projection returns the fold of a consumer. Queries of this package read the
// offsets of ChatConsumer, ReadsConsumer, NotifyConsumer and AuditConsumer.
func (db *DB) Projection(consumer string) *Projection { return &Projection{db, consumer} }

// Offset returns the sequence up to which the stream is applied, 0 at first use.
//
// Another incarnation than the stored one takes the offset over, at the same
// sequence: a stream that is made anew starts above all that was applied (see
// Highest), so that what it holds follows. From then on the old incarnation's
// batches are fenced.
//
// It may end other backends of this user: those in which a batch has been half
// sent for seconds, by a process that stopped and would hold the offset.
func (p *Projection) Offset(ctx context.Context, s events.Stream, incarnation string) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	p.db.endStuckCopies(ctx)
	var seq uint64
	var before *string
	err := p.db.pool.QueryRow(ctx, `
		WITH before AS (SELECT incarnation FROM offsets WHERE consumer = $1 AND stream = $2)
		INSERT INTO offsets (consumer, stream, incarnation, seq) VALUES ($1, $2, $3, 0)
		ON CONFLICT (consumer, stream) DO UPDATE SET incarnation = excluded.incarnation
		RETURNING seq, (SELECT incarnation FROM before)`, p.consumer, s, incarnation).Scan(&seq, &before)
	if err != nil {
		return 0, p.counted(p.failed("read the offset", s, err))
	}
	if before != nil && *before != incarnation {
		p.db.logger.Warn("another life of the stream takes over the offset",
			"consumer", p.consumer, "stream", s, "before", *before, "incarnation", incarnation, "offset", seq)
	}
	return seq, nil
}

// Bury records an entry that cannot be applied as a dead letter and moves the
// offset over it, in one transaction.
func (p *Projection) Bury(ctx context.Context, b events.Burial) error {
	work := &work{}
	work.then(`
		INSERT INTO dead_letters (consumer, stream, incarnation, seq, subject, body, reason, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		p.consumer, b.Stream, b.Incarnation, signed(b.Entry.Seq), printable(b.Entry.Subject),
		bytesOf(b.Entry.Body), printable(b.Reason), b.Entry.Time)
	return p.counted(p.move(ctx, b.Stream, b.Incarnation, b.From, b.Entry.Seq, work.do))
}

func (p *Projection) failed(doing string, s events.Stream, err error) error {
	return fmt.Errorf("%s: %s: %s: %w", p.consumer, s, doing, err)
}

// counted counts err, if any, among the failures of the database.
func (p *Projection) counted(err error) error {
	if err != nil {
		p.db.metrics.failure(err)
	}
	return err
}

// Highest returns the highest sequence of each stream that anything in the
// database refers to. A stream that is made anew starts above it.
func (db *DB) Highest(ctx context.Context) (map[events.Stream]uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT stream, max(seq) FROM (
			SELECT stream, seq FROM offsets
			UNION ALL SELECT 'CHAT', max(joined_seq) FROM members
			UNION ALL SELECT 'CHAT', max(seq) FROM events
			UNION ALL SELECT 'CHAT', max(seq) FROM amendments
			UNION ALL SELECT 'NOTIFY', max(seq) FROM notifications
			UNION ALL SELECT 'AUDIT', max(seq) FROM audit
		) referred WHERE seq IS NOT NULL GROUP BY stream`)
	if err != nil {
		return nil, db.failed("find the highest sequences", err)
	}
	highest := map[events.Stream]uint64{}
	var stream events.Stream
	var seq uint64
	_, err = pgx.ForEachRow(rows, []any{&stream, &seq}, func() error {
		highest[stream] = seq
		return nil
	})
	return highest, db.maybe("find the highest sequences", err)
}

// DeadLetter is an entry that could not be applied.
type DeadLetter struct {
	Consumer    string
	Stream      events.Stream
	Incarnation string
	Seq         uint64
	Subject     string
	Body        []byte
	Reason      string
	At          time.Time // when the log stored the entry
}

// DeadLetters returns up to limit dead letters of a stream with seq > after, in
// the stream's order.
func (db *DB) DeadLetters(ctx context.Context, s events.Stream, after uint64, limit int) ([]DeadLetter, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT consumer, stream, incarnation, seq, subject, body, reason, at FROM dead_letters
		WHERE stream = $1 AND seq > $2 ORDER BY seq, consumer, incarnation LIMIT $3`, s, signed(after), page(limit))
	if err != nil {
		return nil, db.failed("list dead letters", err)
	}
	letters, err := pgx.CollectRows(rows, pgx.RowToStructByPos[DeadLetter])
	return letters, db.maybe("list dead letters", err)
}
