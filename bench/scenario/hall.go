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
	return c.climb(ctx, or(o.Rate, 500), d, size, func(r, best *Result) bool { return r.DeliveriesPerS > best.DeliveriesPerS })
}
