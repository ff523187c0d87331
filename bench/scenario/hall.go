package scenario

import (
	"context"
	"time"

	"github.com/natter-chat/natter/bench/target"
)

// Hall is one room that everybody is in. Its search raises the number of posts
// until deliveries take longer than the limit.
func Hall(ctx context.Context, t *target.Target, o Options) (*Result, error) {
	c, err := gather(ctx, t, o, or(o.Connections, 1000), 1)
	if err != nil {
		return nil, err
	}
	d, size := or(o.Duration, 10*time.Second), or(o.Size, 300)
	if !o.Search {
		return c.post(ctx, or(o.Rate, 20), d, size)
	}
	return c.search(ctx, or(o.Rate, 250), d, size)
}
