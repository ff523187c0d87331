package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

// cursorEvery is how many entries without a notification may pass before the
// cursor is written all the same: the most that a crash makes be read again.
const cursorEvery = 512

// outlet is what a worker needs of the log; a *jetstream.Log is one.
type outlet interface {
	State(ctx context.Context, s events.Stream) (jetstream.State, error)
	LoadCursor(ctx context.Context) (jetstream.Cursor, error)
	PublishFenced(ctx context.Context, c jetstream.Cursor, seq uint64, evs []events.Event) (jetstream.Cursor, error)
}

// Worker turns batches of CHAT into notifications. It is a jetstream.Worker.
type Worker struct {
	log     outlet
	people  People
	logger  *slog.Logger
	metrics *metrics

	mu          sync.Mutex       // pulls go on while a batch is applied
	incarnation string           // of CHAT, to which the sequences below belong
	cursor      jetstream.Cursor // as it was last seen
	base        uint64           // where the cursor stands, or CHAT begins if it has none yet
	handled     uint64           // base, or further if what follows it caused nothing
	before      uint64           // what was handled at the last call of Idle
}

// NewWorker returns a worker that publishes to log. metrics may be nil.
func NewWorker(log outlet, people People, logger *slog.Logger, registerer prometheus.Registerer) *Worker {
	return &Worker{log: log, people: people, logger: logger, metrics: newMetrics(registerer)}
}

// Offset returns how far CHAT is handled. In a new life of CHAT, or without any
// cursor, that is up to what the log no longer holds; where NOTIFY itself was
// lost and made anew, it is all that CHAT holds: people were told already.
func (w *Worker) Offset(ctx context.Context, s events.Stream, incarnation string) (uint64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	cursor, err := w.log.LoadCursor(ctx)
	if err != nil {
		return 0, fmt.Errorf("load the cursor: %w", err)
	}
	if cursor == w.cursor && incarnation == w.incarnation {
		return w.handled, nil // nobody moved it: what this worker handled since caused nothing
	}
	base := cursor.Seq
	if cursor.Incarnation != incarnation {
		state, err := w.log.State(ctx, s)
		if err != nil {
			return 0, fmt.Errorf("find the beginning of %s: %w", s, err)
		}
		base = state.First - 1
		if notify, err := w.log.State(ctx, events.Notify); err != nil {
			return 0, fmt.Errorf("find the beginning of %s: %w", events.Notify, err)
		} else if cursor == (jetstream.Cursor{}) && notify.First > 1 {
			w.logger.Error("NOTIFY was made anew: nobody is told of what happened before", "chat", state.Last)
			base = state.Last
		}
	}
	w.incarnation, w.cursor, w.base, w.handled = incarnation, cursor, base, base
	return base, nil
}

// Apply publishes what the batch causes and moves the cursor with it.
func (w *Worker) Apply(ctx context.Context, b events.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b.From > w.handled {
		return fmt.Errorf("%w: the batch begins at %d, CHAT is handled up to %d", jetstream.ErrFenced, b.From, w.handled)
	}
	if b.To <= w.handled {
		return nil
	}
	causes, err := w.causes(ctx, b)
	if err != nil {
		return err
	}
	err = w.publish(ctx, causes, b.To)
	if errors.Is(err, jetstream.ErrFenced) && w.alone(ctx) {
		err = w.publishSingly(ctx, causes, b.To)
	}
	return err
}

// Bury moves the cursor past an entry that went to the dead letters.
func (w *Worker) Bury(ctx context.Context, b events.Burial) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if b.From > w.handled {
		return fmt.Errorf("%w: the burial begins at %d, CHAT is handled up to %d", jetstream.ErrFenced, b.From, w.handled)
	}
	if b.Entry.Seq <= w.handled {
		return nil
	}
	return w.move(ctx, b.Entry.Seq, nil)
}

// Rest writes the cursor if it stands behind what was handled, so that whoever
// comes next has nothing to read again.
func (w *Worker) Rest(ctx context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.rest(ctx)
}

// Idle is Rest when nothing was handled since the call before. While a batch is
// in hand it does nothing: two who move the cursor at once fence each other.
func (w *Worker) Idle(ctx context.Context) error {
	if !w.mu.TryLock() {
		return nil
	}
	defer w.mu.Unlock()
	if w.handled != w.before {
		w.before = w.handled
		return nil
	}
	return w.rest(ctx)
}

func (w *Worker) rest(ctx context.Context) error {
	if w.handled == w.base {
		return nil
	}
	return w.move(ctx, w.handled, nil)
}

// A cause is an entry that somebody must be told of.
type cause struct {
	seq  uint64
	tell []events.Event
}

// causes applies the rules to the entries that are not handled yet, before
// anything is published: an entry that breaks them has no effect at all.
//
// What people have chosen and read is asked for here, and again if the batch comes
// again: nothing of it was published then. Once its cursor is written a batch does
// not come again, and so each decision is taken once.
func (w *Worker) causes(ctx context.Context, b events.Batch) ([]cause, error) {
	var evs []events.Event
	var seqs []uint64
	for _, e := range b.Entries {
		if e.Seq <= w.handled {
			continue // published by an Apply that failed later
		}
		ev, err := e.Event()
		if err != nil {
			return nil, jetstream.Permanent(err)
		}
		evs, seqs = append(evs, ev), append(seqs, e.Seq)
	}
	here, err := who(ctx, w.people, evs)
	if err != nil {
		return nil, err
	}
	var all []cause
	for i, ev := range evs {
		tell, err := notify(ev, seqs[i], here)
		if err != nil {
			return nil, jetstream.Permanent(fmt.Errorf("entry %d: %w", seqs[i], err))
		}
		if len(tell) > 0 {
			all = append(all, cause{seqs[i], tell})
		}
	}
	return all, nil
}

// publish appends the notifications in as few atomic batches as they fit into.
// What one entry causes is never torn apart.
func (w *Worker) publish(ctx context.Context, causes []cause, to uint64) error {
	var batch []events.Event
	var seq uint64
	for _, c := range causes {
		if len(batch)+len(c.tell) > jetstream.MaxFenced {
			if err := w.move(ctx, seq, batch); err != nil {
				return err
			}
			batch = nil
		}
		batch, seq = append(batch, c.tell...), c.seq
	}
	if len(batch) > 0 || to >= w.base+cursorEvery {
		return w.move(ctx, to, batch)
	}
	w.handled = to
	return nil
}

// alone reports whether the cursor still stands where this worker left it.
func (w *Worker) alone(ctx context.Context) bool {
	cursor, err := w.log.LoadCursor(ctx)
	return err == nil && cursor == w.cursor
}

// publishSingly is for a batch that the log refused although nobody moved the
// cursor: it holds a notification that NOTIFY has already, which happens when
// the same event stands twice in CHAT. What one entry causes is in NOTIFY as a
// whole or not at all.
func (w *Worker) publishSingly(ctx context.Context, causes []cause, to uint64) error {
	for _, c := range causes {
		if c.seq <= w.handled {
			continue
		}
		err := w.move(ctx, c.seq, c.tell)
		if errors.Is(err, jetstream.ErrFenced) && w.alone(ctx) {
			w.logger.Warn("these people were told of the event before", "seq", c.seq, "event", c.tell[0].ID, "error", err)
			err = w.move(ctx, c.seq, nil)
		}
		if err != nil {
			return err
		}
	}
	return w.move(ctx, to, nil)
}

// move appends the events and the cursor's move to seq, both or neither.
func (w *Worker) move(ctx context.Context, seq uint64, tell []events.Event) error {
	cursor, err := w.log.PublishFenced(ctx, w.cursor, seq, tell)
	if err != nil {
		return fmt.Errorf("move the cursor to %d: %w", seq, err)
	}
	w.cursor, w.base, w.handled = cursor, seq, seq
	w.metrics.told(tell)
	for _, ev := range tell {
		w.logger.Debug("told", "user", ev.Scope, "notification", ev.ID, "trace", events.TraceID(ev.Trace))
	}
	return nil
}
