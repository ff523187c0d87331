package persister

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/sql"
)

// silence is how long no pull may succeed before the persister is not ready.
// Pulls succeed every 2 s, on standby too; a batch in hand may take a while.
const silence = 10 * time.Second

// consumers are the streams' work loops.
var consumers = [...]jetstream.Consumer{jetstream.PersisterChat, jetstream.PersisterReads, jetstream.PersisterNotify, jetstream.PersisterAudit,
	jetstream.PersisterSearch}

// Options are what a persister works with. cmd connects it.
type Options struct {
	Log     *jetstream.Log
	DB      *sql.DB
	Logger  *slog.Logger
	Metrics prometheus.Registerer
	// EraseAfter is how long after it was posted a deleted message stays in the log:
	// after a restart the broker knows from what its streams hold which messages it
	// has, and one that it has forgotten would be taken again from a retry.
	EraseAfter time.Duration
}

// Persister is one instance of the role.
type Persister struct {
	Options
	metrics *metrics
	due     chan struct{}                // something may have to be erased
	pulled  [len(consumers)]atomic.Int64 // when each loop's pull last succeeded, in nanoseconds
}

// New returns a persister that works once Run runs.
func New(o Options) *Persister {
	return &Persister{Options: o, metrics: newMetrics(o.Metrics), due: make(chan struct{}, 1)}
}

// gatherTime bounds how many transactions there are in a second: each costs an
// fsync, for which the log's compete on one machine. Nobody waits for the rows
// of CHAT and AUDIT, because whoever reads them takes what is missing from the log.
// Who searches is seldom after what was said this second.
// Read markers and notifications are counted from their rows alone: they come at once.
func gatherTime(c jetstream.Consumer) time.Duration {
	switch c {
	case jetstream.PersisterChat, jetstream.PersisterAudit:
		return 50 * time.Millisecond
	case jetstream.PersisterSearch:
		return 250 * time.Millisecond
	}
	return time.Millisecond
}

// Run works until ctx ends, then finishes the batches in hand.
func (p *Persister) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for i, consumer := range consumers {
		options := jetstream.WorkOptions{Consumer: consumer, Gather: gatherTime(consumer), Pulled: func() { p.pulled[i].Store(time.Now().UnixNano()) }}
		group.Go(func() error { return p.Log.Work(ctx, options, p.Worker(consumer)) })
	}
	group.Go(func() error { return p.eraser(ctx) })
	group.Go(func() error { return p.every(ctx, sweepEvery, "sweep the outbox", p.sweep) })
	group.Go(func() error { return p.every(ctx, pruneEvery, "prune", p.prune) })
	return group.Wait()
}

// Ready returns nil while every loop reads the log or stands by, and the
// database answers.
func (p *Persister) Ready(ctx context.Context) error {
	if err := p.Log.Ready(); err != nil {
		return err
	}
	for i, consumer := range consumers {
		if time.Since(time.Unix(0, p.pulled[i].Load())) > silence {
			return fmt.Errorf("%s: %w", consumer, errSilent)
		}
	}
	return p.DB.Ready(ctx)
}

var errSilent = errors.New("the log has not answered a pull lately")
