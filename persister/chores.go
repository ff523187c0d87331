package persister

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

const (
	sweepEvery = time.Second
	// sweepAfter is how long an event may wait in the outbox before it counts
	// as left behind. Edges publish at once, right after their commit.
	sweepAfter = 2 * time.Second
	sweepLimit = 100 // subjects of one round, of each stream
	// sweepAtOnce bounds the connections that a sweep holds: while the log is
	// down, each flush waits with its rows locked.
	sweepAtOnce = 2

	pruneEvery = time.Minute
)

// every does a chore until ctx ends. What fails is logged, and done again at
// the next turn.
func (p *Persister) every(ctx context.Context, period time.Duration, chore string, do func(context.Context) error) error {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		if err := do(ctx); err != nil && ctx.Err() == nil {
			p.Logger.Warn("a chore failed and will be tried again", "chore", chore, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sweep publishes what was decided and not published: its edge died, or had to
// give up. Order within a subject is kept by the database's locks, and the id
// makes a second publish the same event. A stream that is full takes no other
// subject's events either: the rest of it waits for the next round.
func (p *Persister) sweep(ctx context.Context) error {
	subjects, err := p.DB.OutboxSubjects(ctx, sweepAfter, sweepLimit)
	if err != nil {
		return err
	}
	var group errgroup.Group
	group.SetLimit(sweepAtOnce)
	failed := make([]error, len(subjects))
	var full sync.Map // of streams
	for i, subject := range subjects {
		stream, _ := events.StreamOf(subject)
		group.Go(func() error {
			if _, skip := full.Load(stream); skip {
				return nil
			}
			if failed[i] = p.flush(ctx, subject); chat.CodeOf(failed[i]) == chat.LogFull {
				full.Store(stream, true)
			}
			return nil
		})
	}
	_ = group.Wait() // each has left its own error
	return errors.Join(failed...)
}

func (p *Persister) flush(ctx context.Context, subject string) error {
	published := 0
	err := p.DB.FlushOutbox(ctx, subject, func(ctx context.Context, ev events.Event, written time.Time) (uint64, error) {
		seq, err := p.Log.PublishOnce(ctx, ev, written)
		if err == nil {
			published++
		}
		return seq, err
	})
	if published > 0 { // and not by an edge or another sweeper meanwhile
		p.metrics.swept.Add(float64(published))
		p.Logger.Info("published what was left in the outbox", "subject", subject, "events", published)
	}
	if err != nil {
		return fmt.Errorf("publish the outbox of %s: %w", subject, err)
	}
	return nil
}

// prune deletes what has expired.
func (p *Persister) prune(ctx context.Context) error {
	n, err := p.DB.Prune(ctx)
	p.metrics.pruned.Add(float64(n))
	return err
}
