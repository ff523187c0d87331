package edge

import (
	"context"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

const (
	// linger is how long a topic stays open after its last listener: a
	// reconnect finds its ring and its members still here.
	linger = 30 * time.Second
	// allRings bounds the rings of an edge together. Beyond it each keeps
	// only ringSmall.
	allRings = 64 << 20
	// defaultQueue bounds what waits for one connection, in bytes.
	defaultQueue = 1 << 20
	// stopGrace is how long clients may take to answer a close frame when the
	// edge stops.
	stopGrace = time.Second
	// maxTopics bounds what one edge follows.
	maxTopics = 200_000
)

// hub holds what has a live connection here: topics and connections. A topic
// is opened by its first listener and closed some time after the last.
type hub struct {
	edge    *Edge
	log     *jetstream.Log
	metrics *liveMetrics

	queueBytes int // bound of one connection's queue
	rooms      *follower
	reads      chan struct{} // a semaphore: reads of the log for replays
	people     *follower
	markers    *follower
	conns      *connections

	clock     atomic.Int64 // seconds since the start, ticked by Run: reading it is nearly free
	ringTotal atomic.Int64 // bytes in all rings
	ping      []byte       // a ping frame
	pools     pools
	pacer     pacer
	writers   chan *conn // the hub's own writers wait here
	base      context.Context
	cancel    context.CancelFunc
	running   sync.WaitGroup // what requests started: connections, subscriptions

	mu     sync.RWMutex
	topics map[string]*topic // by subject
	ended  bool              // nothing new starts
	// markerless are rooms whose markers could not be followed.
	markerless []*topic
}

func newHub(e *Edge) *hub {
	h := &hub{edge: e, log: e.Log, metrics: newLiveMetrics(e.Deps.Metrics), topics: map[string]*topic{},
		reads: make(chan struct{}, replayReads), ping: encodeControl(wsPing, nil), writers: make(chan *conn)}
	h.pools.init()
	if h.queueBytes = e.cfg.QueueBytes; h.queueBytes == 0 {
		h.queueBytes = defaultQueue
	}
	h.queueBytes = max(h.queueBytes, minQueue)
	h.base, h.cancel = context.WithCancel(context.Background())
	h.rooms = newFollower(e.Log, events.Chat)
	h.people = newFollower(e.Log, events.Notify)
	h.markers = newFollower(e.Log, events.Reads)
	h.conns = newConnections(h)
	return h
}

// Run owns the feeds and the clock. When it returns, every connection is closed
// and everything has ended.
func (h *hub) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, f := range []*follower{h.rooms, h.people, h.markers} {
		group.Go(func() error { return f.feed.Run(ctx) })
	}
	group.Go(func() error { return h.tick(ctx) })
	group.Go(func() error { return h.pacer.run(ctx) })
	for range idleWriters {
		group.Go(func() error { return h.writer(ctx) })
	}
	group.Go(func() error {
		<-ctx.Done()
		h.stop()
		return ctx.Err()
	})
	return group.Wait()
}

// stop ends all that requests started, and waits for it. The feeds end
// meanwhile: nothing new arrives.
func (h *hub) stop() {
	h.mu.Lock()
	h.ended = true
	h.mu.Unlock()
	h.cancel()
	h.conns.closeAll(closeGoingAway)
	cut := time.AfterFunc(stopGrace, h.conns.killAll)
	defer cut.Stop()
	h.running.Wait()
}

// tick moves the clock, looks after connections and closes idle topics.
func (h *hub) tick(ctx context.Context) error {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	var all []*conn
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			now := h.clock.Add(1)
			all = h.conns.sweep(now, all)
			h.closeIdle(now)
			if now%markerRetry == 0 {
				h.retryMarkers()
			}
		}
	}
}

// start runs fn in a goroutine that Run waits for. It returns false when the
// hub is stopping.
func (h *hub) start(fn func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.goLocked(fn)
}

func (h *hub) goLocked(fn func()) bool {
	if h.ended {
		return false
	}
	h.running.Go(fn)
	return true
}

// contain is deferred by goroutines that serve one connection: a defect costs
// that connection, not the edge.
func (h *hub) contain(c interface {
	shut(code closeCode, after time.Duration)
}) {
	if p := recover(); p != nil {
		h.edge.Logger.Error("a connection's handler failed", "panic", p, "stack", string(debug.Stack()))
		c.shut(closeDefect, 0)
	}
}

// ringLimit is how many bytes one ring may hold now.
func (h *hub) ringLimit() int {
	if h.ringTotal.Load() > allRings {
		return ringSmall
	}
	return ringBytes
}

func (h *hub) grew(bytes int) { h.ringTotal.Add(int64(bytes)) }

// skipped notes an event that no reader could use.
func (h *hub) skipped(e events.Entry) {
	h.metrics.skipped.Inc()
	h.edge.Logger.Warn("an event in the log cannot be read and was not pushed", "subject", e.Subject, "seq", e.Seq)
}
