package edge

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A busy connection is written to once a pace: one write, and one read at the
// other end, for many events. Of a small write's cost its bytes are the least part.
const (
	pace       = 25 * time.Millisecond
	busyPaces  = 4 // paces that frames are counted over
	busyFrames = 4 // in so many paces make a connection busy
)

// pacer knows whose events wait for the next pace.
type pacer struct {
	paces atomic.Int64 // since the start

	mu   sync.Mutex
	late []*conn
	due  []*conn // beat's
}

// run beats until ctx ends.
func (p *pacer) run(ctx context.Context) error {
	ticker := time.NewTicker(pace)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			p.beat()
		}
	}
}

// beat writes what waited.
func (p *pacer) beat() {
	p.paces.Add(1)
	p.mu.Lock()
	p.due, p.late = p.late, p.due[:0]
	p.mu.Unlock()
	for _, c := range p.due {
		c.writeLate()
	}
	clear(p.due)
}

func (p *pacer) add(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late = append(p.late, c)
}

// push queues an event, which may wait for the next pace where the connection
// is busy (sink). More than one write carries does not wait, for waiting would
// gain nothing and fill the queue of a reader that is quick.
func (c *conn) push(frame []byte) {
	c.mu.Lock()
	if !c.enqueue(frame) {
		c.mu.Unlock()
		return
	}
	busy := c.bustle.busy(c.hub.pacer.paces.Load())
	if !busy || c.writing || c.closing != 0 || c.queued >= writeSize {
		c.unlockAndWrite()
		return
	}
	known := c.late
	c.late = true
	c.mu.Unlock()
	if !known {
		c.hub.pacer.add(c)
	}
}

// writeLate writes what waited for the pace, unless a writer has taken it. What
// closes a connection starts a writer itself, or drops everything.
func (c *conn) writeLate() {
	c.mu.Lock()
	c.late = false
	if c.queue == nil || c.closing != 0 {
		c.mu.Unlock()
		return
	}
	c.unlockAndWrite()
}

// bustle counts a connection's events in spans of busyPaces.
type bustle struct {
	span          int64
	before, count int32
}

// busy counts one more event at the time paces, and reports whether this span or
// the one before it is busy.
func (r *bustle) busy(paces int64) bool {
	switch span := paces / busyPaces; span - r.span {
	case 0:
	case 1:
		r.span, r.before, r.count = span, r.count, 0
	default:
		r.span, r.before, r.count = span, 0, 0
	}
	r.count++
	return max(r.before, r.count) > busyFrames
}
