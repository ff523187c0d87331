package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/events"
)

const (
	activeGroup = "active"        // the priority group in which one instance is pinned
	fetchSize   = 512             // entries of one pull, and of one transaction
	fetchExpiry = 2 * time.Second // below PinnedTTL, so that an idle active instance stays active
	applyBound  = 30 * time.Second
	pulledAhead = 1       // batches that wait for being applied
	gatherBytes = 4 << 20 // of a batch; the last entry may go beyond
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

// session pulls and applies until something is wrong. The consumer is made
// again if somebody deleted it.
func (j *job) session(ctx context.Context) error {
	c, err := j.log.js.Consumer(ctx, string(j.stream), string(j.opts.Consumer))
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		j.logger.Warn("the consumer was deleted and is made again")
		c, err = j.log.js.CreateOrUpdateConsumer(ctx, string(j.stream), consumerConfig(j.opts.Consumer))
	}
	if err != nil {
		return fmt.Errorf("open the consumer: %w", err)
	}
	if err := j.load(ctx, c.CachedInfo().AckFloor.Stream); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	pulled := make(chan []jetstream.Msg, pulledAhead)
	group.Go(func() error {
		defer close(pulled)
		for ctx.Err() == nil {
			if err := j.pull(ctx, c, pulled); err != nil {
				return err
			}
		}
		return nil
	})
	group.Go(func() error {
		for msgs := range pulled {
			if err := j.takeUp(ctx, msgs); err != nil || ctx.Err() != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// takeUp takes what was pulled.
func (j *job) takeUp(ctx context.Context, msgs []jetstream.Msg) error {
	if msgs == nil {
		j.standsBy()
		return nil
	}
	if err := j.activate(ctx); err != nil {
		return err
	}
	return j.take(ctx, msgs)
}

// standsBy is the moment in which another instance is known to be active: what
// is left to do is not this one's lag.
func (j *job) standsBy() {
	j.active = false
	j.log.metrics.lag.WithLabelValues(string(j.opts.Consumer)).Set(0)
}

// activate is the moment in which this instance takes over: the one before it
// has moved the offset meanwhile.
func (j *job) activate(ctx context.Context) error {
	if j.active {
		return nil
	}
	offset, err := j.worker.Offset(ctx, j.stream, j.log.Incarnation(j.stream))
	if err != nil {
		return fmt.Errorf("load the offset: %w", err)
	}
	j.active, j.offset = true, offset
	return nil
}

// take applies pulled messages and acks the last: AckAll acks those before it.
func (j *job) take(ctx context.Context, msgs []jetstream.Msg) error {
	entries := make([]events.Entry, 0, len(msgs))
	var pending uint64
	for _, msg := range msgs {
		meta, err := msg.Metadata()
		if err != nil {
			return fmt.Errorf("read a message's metadata: %w", err)
		}
		pending = meta.NumPending
		if meta.Sequence.Stream <= j.offset {
			continue // applied before: a redelivery
		}
		entries = append(entries, events.Entry{Stream: j.stream, Subject: msg.Subject(), Seq: meta.Sequence.Stream,
			Body: msg.Data(), Time: meta.Timestamp, Trace: last(msg.Headers(), hdrTraceparent)})
	}
	j.log.metrics.lag.WithLabelValues(string(j.opts.Consumer)).Set(float64(pending) + float64(len(entries)))
	if err := j.applyAll(ctx, entries); err != nil {
		return err
	}
	j.log.metrics.lag.WithLabelValues(string(j.opts.Consumer)).Set(float64(pending))
	// Not before the commit: an ack for what a crash may undo would lose it.
	if err := msgs[len(msgs)-1].Ack(); err != nil {
		return fmt.Errorf("ack: %w", err)
	}
	return nil
}

// applyAll applies entries as they were pulled: around a fail-over some of them
// may come twice or out of order.
func (j *job) applyAll(ctx context.Context, entries []events.Entry) error {
	for len(entries) > 0 {
		first := entries[0].Seq
		if first <= j.offset {
			entries = entries[1:]
			continue
		}
		if first > j.offset+1 {
			if err := j.catchUp(ctx, first); err != nil {
				return err
			}
		}
		run := contiguous(entries)
		if err := j.apply(ctx, entries[:run]); err != nil {
			return err
		}
		entries = entries[run:]
	}
	return nil
}

// load reads the offset and compares it with the stream and the consumer, whose
// acks are no truth: an older backup of the tables simply has an older offset,
// from which the consumer delivers again. A log that ends before the offset is
// refused.
func (j *job) load(ctx context.Context, acked uint64) error {
	offset, err := j.worker.Offset(ctx, j.stream, j.log.Incarnation(j.stream))
	if err != nil {
		return fmt.Errorf("load the offset: %w", err)
	}
	state, err := j.log.State(ctx, j.stream)
	if err != nil {
		return err
	}
	if state.Last < offset {
		return fmt.Errorf("the tables are at %d but stream %s ends at %d: an older log was restored; restore the matching database or set the log up anew", offset, j.stream, state.Last)
	}
	j.offset = offset
	switch {
	case acked > offset:
		j.logger.Warn("the tables are behind what was acked: reading again", "offset", offset, "acked", acked)
	case acked == 0 && offset > 0:
		j.logger.Info("the consumer is new: it begins at the offset", "offset", offset)
	default:
		return nil
	}
	if _, err := j.log.js.ResetConsumerToSequence(ctx, string(j.stream), string(j.opts.Consumer), offset+1); err != nil {
		return fmt.Errorf("set the consumer back to %d: %w", offset+1, err)
	}
	return nil
}

// catchUp applies what the log holds between the offset and before, and was not
// pulled: it is out to an instance that died, or was acked before a backup of
// the tables was restored. Only what the log itself no longer holds is passed
// over, loudly.
func (j *job) catchUp(ctx context.Context, before uint64) error {
	j.log.metrics.resumed.WithLabelValues(string(j.opts.Consumer)).Inc()
	for j.offset+1 < before && ctx.Err() == nil {
		page, _, err := j.log.Read(ctx, j.stream.Prefix()+"*", j.offset, fetchSize)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return fmt.Errorf("the log does not show entry %d yet, which was pulled", before)
		}
		if first := page[0].Seq; first > j.offset+1 {
			j.logger.Error("entries are no longer in the log and were never applied", "after", j.offset, "before", first)
		}
		if page[0].Seq >= before {
			return nil
		}
		for page[len(page)-1].Seq >= before {
			page = page[:len(page)-1]
		}
		if err := j.apply(ctx, page); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// contiguous is how many of the entries, from the first on, follow one another
// without a hole.
func contiguous(entries []events.Entry) int {
	n := 1
	for n < len(entries) && entries[n].Seq == entries[n-1].Seq+1 {
		n++
	}
	return n
}
