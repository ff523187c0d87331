package scenario

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/natter-chat/natter/bench/meter"
	"github.com/natter-chat/natter/bench/target"
)

const (
	drainRooms  = 100
	drainPeople = 1000
	storeWithin = 10 * time.Minute
	lookEvery   = 50 * time.Millisecond // at the offset: a question to the database
)

// Drain puts events into the log while no persister runs, and measures how fast
// one stores them; then it empties the tables and measures how fast the whole log
// makes them again. Both contents must be equal.
func Drain(ctx context.Context, t *target.Target, o Options) (*Result, error) {
	n := or(o.Messages, 500_000)
	people := or(o.Connections, drainPeople)
	c, err := gather(ctx, t, o, people, min(drainRooms, people))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(t.Erased(ctx, drainWithin), t.Stop("persister")); err != nil {
		return nil, err
	}
	if err := c.pile(ctx, n, or(o.Size, 300)); err != nil {
		return nil, err
	}
	r := newResult()
	drained, err := c.store(ctx, r, "drain_", "rows")
	if err != nil {
		return nil, err
	}
	before, err := t.Cluster.Contents(storeWithin)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(t.Stop("persister"), t.Cluster.Postgres.Empty()); err != nil {
		return nil, err
	}
	rebuilt, err := c.store(ctx, r, "rebuild_", "events")
	if err != nil {
		return nil, err
	}
	after, err := t.Cluster.Contents(storeWithin)
	if err != nil {
		return nil, err
	}
	r.compare(before, after)
	r.Seconds, r.DrainS = round(drained.Seconds()+rebuilt.Seconds()), round(drained.Seconds())
	return r, ctx.Err()
}

// pile puts n posts into the log and waits until the notifier has seen them:
// it is not what is measured.
func (c *crowd) pile(ctx context.Context, n, size int) error {
	fill, err := c.filling(ctx, c.rooms)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := fill.run(ctx, n, texts("drain", size), nil); err != nil {
		return err
	}
	c.o.Progress("%d events are in the log after %.1f s; waiting for the notifier", n, time.Since(began).Seconds())
	return until(ctx, fillWithin, 100*time.Millisecond, func() (bool, error) {
		return c.t.Metric("notifier", "natter_work_lag_entries") == 0, nil
	})
}

// store starts the persister and measures until the tables are true up to the
// log's end: from the start of the process, and from its being ready, which is
// when it may have stored some already. It adds figures under prefix.
func (c *crowd) store(ctx context.Context, r *Result, prefix, unit string) (time.Duration, error) {
	last, err := c.t.Logged()
	if err != nil {
		return 0, err
	}
	had, err := c.t.Stored()
	if err != nil {
		return 0, err
	}
	c.o.Progress("the persister starts with %d events to store", last-had)
	began := time.Now()
	if err := c.t.Launch("persister"); err != nil {
		return 0, err
	}
	m := meter.Start(c.t.Roles)
	profiled := make(chan error, 1)
	if err := c.t.Ready(); err != nil {
		return 0, err
	}
	ready := time.Now()
	go func() { profiled <- c.o.profile(ctx, c.t, 3*time.Second) }()
	early, err := c.t.Stored()
	if err != nil {
		return 0, err
	}
	shown := c.counting("stored", int(last))
	err = until(ctx, storeWithin, lookEvery, func() (bool, error) {
		stored, err := c.t.Stored()
		shown(int(stored))
		return err == nil && stored >= last, nil // a question that fails is asked again
	})
	done := time.Now()
	usage := m.Stop()
	if err := errors.Join(err, <-profiled); err != nil {
		return 0, err
	}
	n := float64(last - had)
	r.more(per(prefix+"cpu_us_per_row_", usage, n))
	r.more(map[string]float64{
		prefix + unit: n, prefix + unit + "_per_s": round(float64(last-early) / max(done.Sub(ready).Seconds(), 0.001)),
		prefix + unit + "_per_s_with_start": round(n / done.Sub(began).Seconds()), prefix + "seconds": round(done.Sub(began).Seconds()),
	})
	for role, mb := range megabytes(usage.Peak) {
		r.RSS[role] = max(r.RSS[role], mb)
	}
	return done.Sub(began), nil
}

// compare says what of the tables is not as it was.
func (r *Result) compare(before, after map[string]string) {
	equal := 1.0
	if !maps.Equal(before, after) {
		equal = 0
		r.Lost++ // exit code 1: the tables are not the fold of the log
		for table, rows := range after {
			if before[table] != rows {
				r.Errors[fmt.Sprintf("%s held %s, and %s when made anew", table, before[table], rows)]++
			}
		}
	}
	r.more(map[string]float64{"rebuild_equal": equal})
}
