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
	return c.climb(ctx, or(o.Rate, 4000), d, size, func(r, _ *Result) bool { return r.carried() })
}

// carried reports whether the offered load was borne within the limits.
func (r *Result) carried() bool {
	return r.Whole() && r.AckP99 < limit && r.DeliveryP99 < limit && r.PostsPerS > 0.97*r.Offered
}
