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

// beginFenced begins a transaction that holds the offset. A process that is
// stopped in the middle of it, as by SIGSTOP or a paused machine, would keep
// whoever takes over waiting for idleWithin; here the server ends it soon.
const beginFenced = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = '3s'`

// Projection returns the fold of a consumer. Queries of this package read the
// offsets of ChatConsumer, ReadsConsumer and NotifyConsumer.
func (db *DB) Projection(consumer string) *Projection { return &Projection{db, consumer} }

// Offset returns the sequence up to which the stream is applied, 0 at first use.
//
// Another incarnation than the stored one takes the offset over, at the same
// sequence: a stream that is made anew starts above all that was applied (see
// Highest), so that what it holds follows. From then on the old incarnation's
// batches are fenced.
func (p *Projection) Offset(ctx context.Context, s events.Stream, incarnation string) (uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	var seq uint64
	var before *string
	err := p.db.pool.QueryRow(ctx, `
		WITH before AS (SELECT incarnation FROM offsets WHERE consumer = $1 AND stream = $2)
		INSERT INTO offsets (consumer, stream, incarnation, seq) VALUES ($1, $2, $3, 0)
		ON CONFLICT (consumer, stream) DO UPDATE SET incarnation = excluded.incarnation
		RETURNING seq, (SELECT incarnation FROM before)`, p.consumer, s, incarnation).Scan(&seq, &before)
	if err != nil {
		return 0, p.failed("read the offset", s, err)
	}
	if before != nil && *before != incarnation {
		p.db.logger.Warn("another life of the stream takes over the offset",
			"consumer", p.consumer, "stream", s, "before", *before, "incarnation", incarnation, "offset", seq)
	}
	return seq, nil
}

// Apply writes the batch's rows and moves the offset from b.From to b.To, in
// one transaction: all or nothing. An entry that has its row already is passed
// over. ErrFenced if the offset is not b.From; IsPermanent tells whether any other
// error would be the same next time. After a commit whose outcome is unknown the
// error is returned, and the next Offset tells.
func (p *Projection) Apply(ctx context.Context, b events.Batch) error {
	work := &pgx.Batch{}
	if err := p.queueRows(work, b); err != nil {
		return fmt.Errorf("%s: apply %s %d to %d: %w", p.consumer, b.Stream, b.From, b.To, err)
	}
	return p.move(ctx, b.Stream, b.Incarnation, b.From, b.To, work)
}

// Bury records an entry that cannot be applied as a dead letter and moves the
// offset over it, in one transaction.
func (p *Projection) Bury(ctx context.Context, b events.Burial) error {
	work := &pgx.Batch{}
	work.Queue(`
		INSERT INTO dead_letters (consumer, stream, incarnation, seq, subject, body, reason, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING`,
		p.consumer, b.Stream, b.Incarnation, signed(b.Entry.Seq), printable(b.Entry.Subject),
		bytesOf(b.Entry.Body), printable(b.Reason), b.Entry.Time)
	return p.move(ctx, b.Stream, b.Incarnation, b.From, b.Entry.Seq, work)
}

// queueRows turns the batch's entries into the statements of its stream.
func (p *Projection) queueRows(work *pgx.Batch, b events.Batch) error {
	switch b.Stream {
	case events.Chat:
		return queueChat(work, b.Entries)
	case events.Reads:
		return queueReads(work, b.Entries)
	case events.Notify:
		return queueNotify(work, b.Entries)
	}
	return fmt.Errorf("%s has no tables", b.Stream)
}

// move commits work together with the offset. The fence comes first: whoever
// moves the same offset waits here, before writing a row.
func (p *Projection) move(ctx context.Context, s events.Stream, incarnation string, from, to uint64, work *pgx.Batch) error {
	ctx, cancel := context.WithTimeout(ctx, applyWithin)
	defer cancel()
	tx, err := p.db.pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: beginFenced})
	if err != nil {
		return p.failed("begin", s, err)
	}
	defer rollBack(ctx, tx)
	tag, err := tx.Exec(ctx, `
		UPDATE offsets SET seq = $5
		WHERE consumer = $1 AND stream = $2 AND incarnation = $3 AND seq = $4`,
		p.consumer, s, incarnation, signed(from), signed(to))
	if err != nil {
		return p.failed("move the offset", s, err)
	}
	if tag.RowsAffected() == 0 {
		return fmt.Errorf("%s: %s is not at %d of %s: %w", p.consumer, s, from, incarnation, ErrFenced)
	}
	if err := tx.SendBatch(ctx, work).Close(); err != nil {
		return p.failed("write rows", s, err)
	}
	if err := tx.Commit(ctx); err != nil {
		return p.failed("commit", s, err)
	}
	return nil
}

func (p *Projection) failed(doing string, s events.Stream, err error) error {
	p.db.metrics.failure(err)
	return fmt.Errorf("%s: %s: %s: %w", p.consumer, s, doing, err)
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
			UNION ALL SELECT 'NOTIFY', max(seq) FROM notifications
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
