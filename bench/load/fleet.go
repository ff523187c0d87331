package load

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Person is somebody who connects.
type Person interface {
	// Token returns an access token that lives for a minute at least.
	Token() (string, error)
}

// Fleet is many connections that share their statistics. Its exported fields
// are set before the first Add.
type Fleet struct {
	Run        string   // distinguishes this load's posts from any other's
	Edges      []string // URLs, used in turn
	Buffer     int      // bytes of each connection's read buffer at first
	Acks       *Latencies
	Deliveries *Latencies
	Back       *Latencies // from a cut to live again

	ctx     context.Context
	cancel  context.CancelFunc
	running sync.WaitGroup
	conns   []*Conn
	dialing chan struct{}
	live    atomic.Int64
	posted  atomic.Uint64

	mu     sync.Mutex
	errors map[string]int
}

// dialsAtOnce bounds the connections that are being made.
const dialsAtOnce = 64

// NewFleet returns a fleet without connections. Close ends it.
func NewFleet(ctx context.Context, run string, edges []string) *Fleet {
	f := &Fleet{Run: run, Edges: edges, Buffer: 4 << 10, Acks: NewLatencies(), Deliveries: NewLatencies(), Back: NewLatencies(),
		dialing: make(chan struct{}, dialsAtOnce), errors: map[string]int{}}
	f.ctx, f.cancel = context.WithCancel(ctx)
	f.running.Go(f.tend)
	return f
}

// Add starts a connection that follows the rooms until Close.
func (f *Fleet) Add(p Person, rooms ...*Room) *Conn {
	c := f.seated(p, rooms...)
	f.running.Go(c.run)
	return c
}

// seated returns a connection that has not started.
func (f *Fleet) seated(p Person, rooms ...*Room) *Conn {
	c := &Conn{fleet: f, person: p, index: len(f.conns), pending: map[uint64]*post{}}
	for _, r := range rooms {
		s := &seat{room: r}
		r.mu.Lock()
		r.seats = append(r.seats, s)
		r.mu.Unlock()
		c.seats = append(c.seats, s)
	}
	f.mu.Lock()
	f.conns = append(f.conns, c)
	f.mu.Unlock()
	return c
}

// Conns returns all connections.
func (f *Fleet) Conns() []*Conn { f.mu.Lock(); defer f.mu.Unlock(); return slices.Clone(f.conns) }

// Live counts the connections all of whose rooms are subscribed.
func (f *Fleet) Live() int { return int(f.live.Load()) }

// WaitLive waits until n connections are live; progress is told how many are,
// fifty times a second.
func (f *Fleet) WaitLive(ctx context.Context, within time.Duration, n int, progress func(live int)) error {
	return f.wait(ctx, within, func() bool { progress(f.Live()); return f.Live() >= n }, func() error {
		return fmt.Errorf("%d of %d connections are live; errors: %v", f.Live(), n, f.Errors())
	})
}

// Settle waits until every post is acknowledged and has reached every seat.
func (f *Fleet) Settle(ctx context.Context, within time.Duration, rooms []*Room) error {
	return f.wait(ctx, within, func() bool { return f.Pending() == 0 && Arrived(rooms) }, func() error {
		return fmt.Errorf("%d posts are not acknowledged, or not all that are have arrived; errors: %v", f.Pending(), f.Errors())
	})
}

func (f *Fleet) wait(ctx context.Context, within time.Duration, done func() bool, late func() error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !done() {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return late()
		}
	}
	return nil
}

// Pending counts the posts without an ack.
func (f *Fleet) Pending() (n int) {
	for _, c := range f.Conns() {
		c.mu.Lock()
		n += len(c.pending)
		c.mu.Unlock()
	}
	return n
}

// Returned counts the connections that came back at least once since the
// moment and are live now.
func (f *Fleet) Returned(since time.Time) (n int) {
	for _, c := range f.Conns() {
		c.mu.Lock()
		if c.isLive && c.since.After(since) {
			n++
		}
		c.mu.Unlock()
	}
	return n
}

// Posted counts the posts that were handed to connections.
func (f *Fleet) Posted() uint64 { return f.posted.Load() }

// Errors counts what went wrong, by kind. Posts that failed were sent again.
func (f *Fleet) Errors() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.errors)
}

func (f *Fleet) failed(kind string) { f.mu.Lock(); defer f.mu.Unlock(); f.errors[kind]++ }

// Cut breaks all connections at once, as a lost network does.
func (f *Fleet) Cut() {
	for _, c := range f.Conns() {
		c.cut()
	}
}

// Close ends all connections and waits for them.
func (f *Fleet) Close() {
	f.cancel()
	for _, c := range f.Conns() {
		c.hangUp()
	}
	f.running.Wait()
}

// How often refused posts are repeated, and tokens renewed: well within the
// five minutes that they live.
const (
	repeatEvery = 100 * time.Millisecond
	renewEvery  = 3 * time.Minute
)

// tend repeats refused posts and renews the connections' tokens.
func (f *Fleet) tend() {
	repeat, renew := time.NewTicker(repeatEvery), time.NewTicker(renewEvery)
	defer repeat.Stop()
	defer renew.Stop()
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-repeat.C:
			for _, c := range f.Conns() {
				c.repeatRefused()
			}
		case <-renew.C:
			for _, c := range f.Conns() {
				c.renew()
			}
		}
	}
}
