package sql

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/events"
)

// Prepared is a batch whose rows are ready to be written.
type Prepared struct {
	fold *Projection
	b    events.Batch
	work *work
}

// work is what a transaction does besides moving the offset: rows of events,
// then statements, then amendments, which need to see both; or search.
type work struct {
	events     []*eventRow
	encoded    []byte
	statements []statement
	amendments []amendment
	copies     []copied
	search     *searchFold // nil, but for SearchConsumer
}

type statement struct {
	text string
	args []any
}

func (w *work) copy(rows []*eventRow) {
	w.events, w.encoded = rows, encodeRows(rows)
}

func (w *work) then(text string, args ...any) {
	w.statements = append(w.statements, statement{text, args})
}

// Apply is Prepare and then Prepared.Apply.
func (p *Projection) Apply(ctx context.Context, b events.Batch) error {
	rows, err := p.Prepare(b)
	if err != nil {
		return err
	}
	return rows.Apply(ctx)
}

// Prepare turns the batch's entries into rows, without asking the database. The
// error is permanent. Batches may be prepared at once and in any order.
func (p *Projection) Prepare(b events.Batch) (*Prepared, error) {
	rows := &Prepared{p, b, &work{}}
	var err error
	switch b.Stream {
	case events.Chat:
		if p.consumer == SearchConsumer {
			rows.work.search = newSearchFold(b, p.db.pieceBits)
			break
		}
		err = queueChat(rows.work, b.Entries)
	case events.Reads:
		err = queueReads(rows.work, b.Entries)
	case events.Notify:
		err = queueNotify(rows.work, b.Entries)
	case events.Audit:
		err = queueAudit(rows.work, b.Entries)
	default:
		err = fmt.Errorf("%s has no tables", b.Stream)
	}
	if err != nil {
		// The error names the entry, and nothing of its batch: it becomes the reason of a
		// dead letter, which is the same however the log is read.
		return nil, fmt.Errorf("%s: apply %s: %w", p.consumer, b.Stream, err)
	}
	return rows, nil
}

// Apply writes the batch's rows and moves the offset from b.From to b.To, in
// one transaction: all or nothing. An entry that has its row already is passed
// over. ErrFenced if the offset is not b.From; IsPermanent tells whether any other
// error would be the same next time. After a commit whose outcome is unknown the
// error is returned, and the next Offset tells. It may be called again after an
// error.
func (r *Prepared) Apply(ctx context.Context) error {
	err := r.fold.move(ctx, r.b.Stream, r.b.Incarnation, r.b.From, r.b.To, r.work.do)
	if isTaken(err) && (len(r.work.events) > 0 || r.work.search != nil) { // as is to be expected, and no failure of the database
		err = r.fold.move(ctx, r.b.Stream, r.b.Incarnation, r.b.From, r.b.To, r.work.doUnknown)
	}
	return r.fold.counted(err)
}

// MayErase reports whether the batch has what may leave something to be erased
// from the log: see DueErasures.
func (r *Prepared) MayErase() bool { return len(r.work.amendments) > 0 || len(r.work.copies) > 0 }

// beginFenced begins a transaction that holds the offset. A process that is
// stopped in the middle of it, as by SIGSTOP or a paused machine, would keep
// whoever takes over waiting for idleWithin; here the server ends it soon.
const beginFenced = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = '` + stuckAfter + `'`

// move commits work together with the offset. The fence comes first: whoever
// moves the same offset waits here, before writing a row. Whoever calls it counts
// the error.
func (p *Projection) move(ctx context.Context, s events.Stream, incarnation string, from, to uint64, do func(context.Context, pgx.Tx) error) error {
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
	if err := do(ctx, tx); err != nil {
		return p.failed("write rows", s, err)
	}
	if err := tx.Commit(ctx); err != nil {
		return p.failed("commit", s, err)
	}
	return nil
}

// do expects that no event has a row yet, as is the rule, and fails as a whole
// where one has.
func (w *work) do(ctx context.Context, tx pgx.Tx) error {
	if w.search != nil {
		return w.search.write(ctx, tx, w.search.copyPosted)
	}
	return w.write(ctx, tx, w.events, w.encoded)
}

// doUnknown passes over events that have a row, such as one that was posted
// again when the log had forgotten its id. Another event at a sequence that has
// a row is still an error, for it must not be lost.
func (w *work) doUnknown(ctx context.Context, tx pgx.Tx) error {
	if w.search != nil {
		return w.search.write(ctx, tx, w.search.insertPosted)
	}
	rows, again, err := unknown(ctx, tx, w.events)
	if err != nil {
		return err
	}
	if err := w.write(ctx, tx, rows, encodeRows(rows)); err != nil {
		return err
	}
	return noteCopies(ctx, tx, again)
}

func (w *work) write(ctx context.Context, tx pgx.Tx, rows []*eventRow, encoded []byte) error {
	if len(rows) > 0 {
		if _, err := tx.Conn().PgConn().CopyFrom(ctx, bytes.NewReader(encoded), copyEvents); err != nil {
			return err
		}
	}
	if err := send(ctx, tx, w.statements); err != nil {
		return err
	}
	if err := noteCopies(ctx, tx, w.copies); err != nil {
		return err
	}
	return amend(ctx, tx, w.amendments)
}

func send(ctx context.Context, tx pgx.Tx, statements []statement) error {
	if len(statements) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	for _, s := range statements {
		batch.Queue(s.text, s.args...)
	}
	return tx.SendBatch(ctx, batch).Close()
}
