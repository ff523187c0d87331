package load

import (
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range of a latency in microseconds; what is longer counts as the longest.
const longest = 120_000_000

// Latencies is a distribution of durations that many goroutines add to, each
// through a shard of its own.
type Latencies struct{ shards [8]shard }

type shard struct {
	mu   sync.Mutex
	hist *hdrhistogram.Histogram
}

// NewLatencies returns an empty distribution.
func NewLatencies() *Latencies {
	l := &Latencies{}
	for i := range l.shards {
		l.shards[i].hist = hdrhistogram.New(1, longest, 3)
	}
	return l
}

// Add adds durations; who is any number, such as the goroutine's.
func (l *Latencies) Add(who int, ds ...time.Duration) {
	s := &l.shards[who%len(l.shards)]
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range ds {
		_ = s.hist.RecordValue(min(max(d.Microseconds(), 1), longest)) // within range, so never refused
	}
}

// Count returns how many durations were added.
func (l *Latencies) Count() (n int64) {
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		n += s.hist.TotalCount()
		s.mu.Unlock()
	}
	return n
}

// Summary is a distribution in milliseconds.
type Summary struct {
	Count                int64
	Mean, P50, P99, Most float64
}

// Summary returns the distribution so far.
func (l *Latencies) Summary() Summary {
	all := hdrhistogram.New(1, longest, 3)
	for i := range l.shards {
		s := &l.shards[i]
		s.mu.Lock()
		all.Merge(s.hist)
		s.mu.Unlock()
	}
	return Summary{
		Count: all.TotalCount(),
		Mean:  all.Mean() / 1000,
		P50:   float64(all.ValueAtQuantile(50)) / 1000,
		P99:   float64(all.ValueAtQuantile(99)) / 1000,
		Most:  float64(all.Max()) / 1000,
	}
}
