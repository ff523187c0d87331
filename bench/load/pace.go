package load

import (
	"context"
	"time"
)

// tick is how often a schedule is looked at: what is due is sent at once.
const tick = 500 * time.Microsecond

// Pace calls do for each of the times start + n/rate that fall within d, in
// order, and never earlier. When do is slow the calls come late, and at tells
// how late. It returns how many calls it made.
func Pace(ctx context.Context, rate float64, d time.Duration, do func(n uint64, at time.Time)) uint64 {
	start := time.Now()
	total := uint64(rate * d.Seconds())
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for n := uint64(0); n < total; {
		for due := min(total, uint64(time.Since(start).Seconds()*rate)+1); n < due; n++ {
			do(n, start.Add(time.Duration(float64(n)/rate*float64(time.Second))))
		}
		select {
		case <-ctx.Done():
			return n
		case <-ticker.C:
		}
	}
	return total
}
