package cluster

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

// withLog asks the log something, over connections that are opened the first
// time and kept until Close.
func (c *Cluster) withLog(ask func(ctx context.Context, l *jetstream.Log) error) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if c.log == nil {
		o := jetstream.Options{URL: c.NATSURL(), Name: "audit", MonitorURL: c.NATS.Monitor, Metrics: prometheus.NewRegistry()}
		if c.log, err = jetstream.Connect(ctx, o); err != nil {
			c.log = nil
			return err
		}
	}
	return ask(ctx, c.log)
}

// SetDuplicateWindow changes how long the broker remembers message ids; 0 is
// natter's own choice.
//
// Windows are changed twice: nats-server 2.15 sets off its clearing just before
// the new window holds, and may still clear by the old one, which can be minutes.
// The second change clears by the first or by itself.
func (c *Cluster) SetDuplicateWindow(window time.Duration) error {
	return c.withLog(func(ctx context.Context, l *jetstream.Log) error {
		if window > 0 {
			if err := l.Setup(ctx, jetstream.SetupOptions{DuplicateWindow: window + time.Millisecond}); err != nil {
				return err
			}
		}
		return l.Setup(ctx, jetstream.SetupOptions{DuplicateWindow: window})
	})
}

// Entries reads a whole stream.
func (c *Cluster) Entries(s events.Stream) ([]events.Entry, error) { return c.EntriesAfter(s, 0) }

// EntriesAfter reads what a stream holds after a sequence.
func (c *Cluster) EntriesAfter(s events.Stream, after uint64) (all []events.Entry, err error) {
	err = c.withLog(func(ctx context.Context, l *jetstream.Log) error {
		all, err = entries(ctx, l, s, after)
		return err
	})
	return all, err
}

func entries(ctx context.Context, l *jetstream.Log, s events.Stream, after uint64) (all []events.Entry, err error) {
	for more := true; more; {
		var page []events.Entry
		page, more, err = l.Read(ctx, s.Prefix()+"*", after, 1000)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", s, err)
		}
		if len(page) == 0 {
			break
		}
		all = append(all, page...)
		after = page[len(page)-1].Seq
	}
	return all, nil
}

// Last returns the last sequence that a stream has assigned.
func (c *Cluster) Last(s events.Stream) (last uint64, err error) {
	err = c.withLog(func(ctx context.Context, l *jetstream.Log) error {
		state, err := l.State(ctx, s)
		last = state.Last
		return err
	})
	return last, err
}
