package persister

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/sql"
)

// Worker returns what applies the consumer's stream: its projection, with the
// database's errors in the log's terms.
func (p *Persister) Worker(c jetstream.Consumer) jetstream.Worker {
	return &worker{fold: p.DB.Projection(string(c)), consumer: string(c), metrics: p.metrics, mayErase: p.mayErase, logger: p.Logger.With("consumer", string(c))}
}

var _ jetstream.Preparer = (*worker)(nil)

type worker struct {
	fold     *sql.Projection
	consumer string
	metrics  *metrics
	mayErase func() // is called when a commit may have left something to be erased
	logger   *slog.Logger
}

// Offset returns the sequence up to which the tables are true.
func (w *worker) Offset(ctx context.Context, s events.Stream, incarnation string) (uint64, error) {
	return w.fold.Offset(ctx, s, incarnation)
}

// Apply commits the batch's rows and its offset.
func (w *worker) Apply(ctx context.Context, b events.Batch) error {
	return w.Prepare(b)(ctx)
}

// Prepare decodes the batch and returns what commits its rows and its offset.
func (w *worker) Prepare(b events.Batch) func(context.Context) error {
	rows, err := w.fold.Prepare(b)
	return func(ctx context.Context) error {
		if err != nil {
			return translated(err)
		}
		start := time.Now()
		if err := rows.Apply(ctx); err != nil {
			return translated(err)
		}
		w.metrics.committed(w.consumer, len(b.Entries), time.Since(start))
		if rows.MayErase() {
			w.mayErase()
		}
		w.trace(ctx, b)
		return nil
	}
}

// Bury commits a dead letter and the offset behind it.
func (w *worker) Bury(ctx context.Context, b events.Burial) error {
	return translated(w.fold.Bury(ctx, b))
}

// translated tells the work loop what an error of the database means. One that
// is neither fenced nor permanent, such as a database that is down, is tried
// again.
func translated(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrFenced):
		return fmt.Errorf("%w: %w", jetstream.ErrFenced, err)
	case sql.IsPermanent(err):
		return jetstream.Permanent(err)
	default:
		return err
	}
}

// trace writes, for whoever follows an action through the logs, that its
// entry has its row.
func (w *worker) trace(ctx context.Context, b events.Batch) {
	if !w.logger.Enabled(ctx, slog.LevelDebug) {
		return
	}
	for _, e := range b.Entries {
		w.logger.Debug("applied", "subject", e.Subject, "seq", e.Seq, "trace", events.TraceID(e.Trace))
	}
}
