package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/events"
)

// session pulls, prepares and applies until something is wrong; then what was
// pulled and prepared ahead is thrown away, and the next session begins at the
// offset. The consumer is made again if somebody deleted it.
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
	pulled, prepared := make(chan []jetstream.Msg), make(chan haul)
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
		defer close(prepared)
		for msgs := range pulled {
			h, err := j.prepare(msgs)
			if err != nil || handOn(ctx, prepared, h) != nil {
				return err // or the session is over
			}
		}
		return nil
	})
	group.Go(func() error {
		for h := range prepared {
			if err := j.takeUp(ctx, h); err != nil || ctx.Err() != nil {
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// takeUp takes what was pulled.
func (j *job) takeUp(ctx context.Context, h haul) error {
	if h.msgs == nil {
		j.standsBy()
		return nil
	}
	if err := j.activate(ctx); err != nil {
		return err
	}
	return j.take(ctx, h)
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

// take applies a haul and acks its last message: AckAll acks those before it.
func (j *job) take(ctx context.Context, h haul) error {
	lag := j.log.metrics.lag.WithLabelValues(string(j.opts.Consumer))
	lag.Set(float64(h.pending) + float64(len(h.entries)))
	if err := j.applyAll(ctx, h.entries, h.ahead); err != nil {
		return err
	}
	lag.Set(float64(h.pending))
	// Not before the commit: an ack for what a crash may undo would lose it.
	if err := h.msgs[len(h.msgs)-1].Ack(); err != nil {
		return fmt.Errorf("ack: %w", err)
	}
	return nil
}

// applyAll applies entries as they were pulled: around a fail-over some of them
// may come twice or out of order. Where one does not follow on the other, what
// is between them is read from the log, with what was pulled behind it: it was
// erased, mostly, and a log with many holes must not become as many batches.
func (j *job) applyAll(ctx context.Context, entries []events.Entry, ahead *ahead) error {
	for len(entries) > 0 {
		first := entries[0].Seq
		if first <= j.offset {
			entries = entries[1:]
			continue
		}
		if run := contiguous(entries); first == j.offset+1 && (run == len(entries) || entries[run].Seq <= j.offset+uint64(run)) {
			if err := j.apply(ctx, entries[:run], ahead); err != nil {
				return err
			}
			entries = entries[run:]
			continue
		}
		return j.catchUp(ctx, entries)
	}
	return nil
}

// newest returns the highest sequence of entries.
func newest(entries []events.Entry) uint64 {
	seq := uint64(0)
	for _, e := range entries {
		seq = max(seq, e.Seq)
	}
	return seq
}
