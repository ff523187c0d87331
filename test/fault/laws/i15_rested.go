package laws

import "fmt"

// How much more than before the storm a process may hold at rest: caches stay
// warm, pools stay open, the Go runtime returns memory late.
const (
	moreGoroutines  = 30
	moreDescriptors = 30
	moreMemory      = 150 << 20
)

// Rested: I15, exported for who waits until it holds. Consumers must be exactly
// as many as before.
func Rested(e *Evidence) (found []Violation) {
	for _, process := range sorted(e.Before) {
		b, a := e.Before[process], e.After[process]
		for _, c := range []struct {
			what              string
			before, now, more float64
			exactly           bool
		}{
			{"goroutines", b.Goroutines, a.Goroutines, moreGoroutines, false},
			{"descriptors", b.Descriptors, a.Descriptors, moreDescriptors, false},
			{"bytes of memory", b.Memory, a.Memory, moreMemory, false},
			{"consumers", b.Consumers, a.Consumers, 0, true},
		} {
			if c.now > c.before+c.more || c.exactly && c.now != c.before {
				found = append(found, violation(fmt.Sprintf("%s held %.0f %s before the storm and %.0f after it", process, c.before, c.what, c.now)))
			}
		}
	}
	return found
}
