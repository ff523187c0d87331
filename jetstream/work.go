package jetstream

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/natter-chat/natter/events"
)

const (
	activeGroup = "active"        // the priority group in which one instance is pinned
	fetchSize   = 1024            // entries of one pull, and of one transaction
	gatherBytes = 2 << 20         // of a batch; the last entry may go beyond
	fetchExpiry = 2 * time.Second // below PinnedTTL, so that an idle active instance stays active
	applyBound  = 30 * time.Second
	// inFlight is how many entries may be out at once: a batch that is applied,
	// one that is prepared, one that waits for that and one on its way.
	inFlight = 4 * fetchSize
)

// ErrFenced means that another instance has moved the offset: what was tried
// had no effect.
var ErrFenced = errors.New("another instance has moved the offset")

// Permanent marks an error that no retry will change, such as a value that the
// database refuses. The entry goes to the dead letters.
func Permanent(err error) error { return &permanent{err} }

type permanent struct{ error }

func (p *permanent) Unwrap() error { return p.error }

// Worker applies a stream's entries. Its offset is the truth about how far it
// is: Apply and Bury move it from From in the same transaction as their effect,
// or have no effect and return ErrFenced. An error marked Permanent, as for an
// entry that cannot be decoded, condemns the batch, which is then halved until
// one entry is left; with any other error the same batch comes again, after a
// pause.
type Worker interface {
	// Offset returns the sequence up to which the stream is applied.
	Offset(ctx context.Context, s events.Stream, incarnation string) (uint64, error)
	Apply(ctx context.Context, b events.Batch) error
	Bury(ctx context.Context, b events.Burial) error
}

// WorkOptions say which consumer to be.
type WorkOptions struct {
	Consumer Consumer
	// Pulled is called after every successful pull, also an empty one and one
	// on standby, at least every 3 s while all is well; also while the worker
	// has a batch in hand, from another goroutine. It may be nil.
	Pulled func()
	// Gather is for how long the first entry of a batch waits for others.
	Gather time.Duration
}

// Work applies the consumer's stream through w until ctx ends, then finishes
// the batch in hand. Any number of instances may run; one is active at a time.
// It returns only when ctx has ended: what goes wrong meanwhile is logged and
// tried again.
func (l *Log) Work(ctx context.Context, o WorkOptions, w Worker) error {
	j := &job{log: l, worker: w, opts: o, stream: Consumers[o.Consumer],
		logger: l.logger.With("consumer", string(o.Consumer))}
	l.metrics.begin(o.Consumer)
	for ctx.Err() == nil {
		err := j.session(ctx)
		if err == nil || ctx.Err() != nil {
			continue
		}
		if errors.Is(err, ErrFenced) {
			j.standsBy()
			j.logger.Info("another instance is active", "reason", err)
			pause(ctx, 100*time.Millisecond)
			continue
		}
		j.logger.Warn("work was interrupted", "error", err)
		pause(ctx, 500*time.Millisecond)
	}
	j.standDown()
	return nil
}

// job is one consumer's work in this process.
type job struct {
	log    *Log
	worker Worker
	opts   WorkOptions
	stream events.Stream
	logger *slog.Logger

	offset uint64 // applied up to here, as far as this instance knows
	active bool   // something was pulled, and the consumer was not pinned to another since
}

// standDown lets a standby take over at once instead of after PinnedTTL.
func (j *job) standDown() {
	if !j.active {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), attemptTimeout)
	defer cancel()
	stream, err := j.log.js.Stream(ctx, string(j.stream))
	if err == nil {
		err = stream.UnpinConsumer(ctx, string(j.opts.Consumer), activeGroup)
	}
	if err != nil {
		j.logger.Debug("could not stand down", "error", err)
	}
}
