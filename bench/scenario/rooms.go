package scenario

import (
	"context"
	"time"

	"github.com/natter-chat/natter/bench/target"
)

// limit is what the highest rate may cost in latency, in milliseconds, for
// acks and deliveries alike.
const limit = 100

// Rooms is 1 000 people in 100 rooms of 10, who post 300 bytes at a time.
func Rooms(ctx context.Context, t *target.Target, o Options) (*Result, error) {
	people := or(o.Connections, 1000)
	c, err := gather(ctx, t, o, people, max(people/10, 1))
	if err != nil {
		return nil, err
	}
	d, size := or(o.Duration, 15*time.Second), or(o.Size, 300)
	if !o.Search {
		return c.post(ctx, or(o.Rate, 500), d, size)
	}
	return c.search(ctx, or(o.Rate, 4000), d, size)
}

// search raises the rate by a quarter until it is not carried, and returns the
// best run that was. All runs are its steps.
func (c *crowd) search(ctx context.Context, rate float64, d time.Duration, size int) (*Result, error) {
	var best *Result
	var steps []*Result
	for failures := 0; failures < 2; rate *= 1.25 {
		r, err := c.post(ctx, rate, d, size)
		if err != nil {
			return nil, err
		}
		steps = append(steps, r)
		c.o.Progress("%.0f posts/s: %.0f acked/s, ack p99 %.1f ms, delivery p99 %.1f ms", rate, r.PostsPerS, r.AckP99, r.DeliveryP99)
		if !r.carried() {
			failures++
			continue
		}
		best = r
	}
	if best == nil {
		best = steps[0]
	}
	found := *best
	found.Steps = steps
	return &found, nil
}

// carried reports whether the offered load was borne within the limits.
func (r *Result) carried() bool {
	return r.Whole() && r.AckP99 < limit && r.DeliveryP99 < limit && r.PostsPerS > 0.97*r.Offered
}
