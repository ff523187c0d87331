package scenario

import (
	"context"
	"time"

	"github.com/natter-chat/natter/bench/target"
)

// Hall is one room that everybody is in. Its search looks for the most
// deliveries that the edges bring out, however late.
func Hall(ctx context.Context, t *target.Target, o Options) (*Result, error) {
	c, err := gather(ctx, t, o, or(o.Connections, 1000), 1)
	if err != nil {
		return nil, err
	}
	d, size := or(o.Duration, 10*time.Second), or(o.Size, 300)
	if !o.Search {
		return c.post(ctx, or(o.Rate, 20), d, size)
	}
	return c.peak(ctx, or(o.Rate, 500), d, size)
}

// peak raises the rate by a quarter until twice no more is delivered, and
// returns the run with the most deliveries. All runs are its steps.
func (c *crowd) peak(ctx context.Context, rate float64, d time.Duration, size int) (*Result, error) {
	var best *Result
	var steps []*Result
	for failures := 0; failures < 2; rate *= 1.25 {
		r, err := c.post(ctx, rate, d, size)
		if err != nil {
			return nil, err
		}
		steps = append(steps, r)
		c.o.Progress("%.0f posts/s: %.0f deliveries/s, delivery p99 %.1f ms", rate, r.DeliveriesPerS, r.DeliveryP99)
		if best == nil || r.DeliveriesPerS > best.DeliveriesPerS {
			best, failures = r, 0
		} else {
			failures++
		}
	}
	found := *best
	found.Steps = steps
	return &found, nil
}
