package edge

import (
	"bufio"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Bounds of one connection, in seconds of the hub's clock where they are times.
const (
	authTime    = 5   // to authenticate
	writeTime   = 10  // a write may be blocked
	closeTime   = 30  // from the decision to close until the socket is cut: a slow reader must get to its reason
	pingEvery   = 25  // between pings
	deadAfter   = 60  // without a sign of life: two pings were missed
	maxPending  = 256 // posts and markers that wait for their ack
	maxTasks    = 64  // subscribe and unsubscribe frames that wait
	maxRooms    = chat.MaxRooms
	minQueue    = 4 * events.MaxBody // or one large event would be an overflow
	queueFrames = 64 << 10
)

// conn is one WebSocket. One goroutine reads it; a writer exists only while
// there is something to write, so that an idle connection costs one small
// stack. Nobody else touches the socket.
type conn struct {
	hub  *hub
	ws   *websocket.Conn // reading only: what it wants to write goes through wire
	net  net.Conn
	wire *wire
	in   *bufio.Reader // between wire and ws
	slot uint8         // the second of pingEvery in which it is pinged
	born int64         // the clock at the handshake

	address string // the client's, for what it tries

	heard   atomic.Int64 // the clock when something was read
	stuck   atomic.Int64 // the clock when the running write began; 0: none
	expires atomic.Int64 // Unix seconds when the token ends; 0: not authenticated
	pending atomic.Int32 // posts and markers that wait for their ack

	who    chat.Principal // the reader's
	frames quota          // the reader's
	parted bool           // the reader's: the peer has closed its side
	there  bool           // the reader's: its user counts as present
	away   bool           // the reader's: nobody looks at its page

	mu      sync.Mutex
	queue   *batch        // what waits to be written; nil: nothing
	queued  int           // bytes waiting or being written
	writing bool          // a writer runs
	late    bool          // the pacer will start one
	bustle  bustle        // how many events came lately
	closing closeCode     // the last frame has been queued; 0: open
	closed  int64         // the clock at that moment
	drained chan struct{} // closed when nothing is queued or the end has come; nil: nobody waits
	idle    chan struct{} // closed when the writer ends; nil: nobody waits

	subs  subscriptions
	bad   quota // frames that made no sense (mu)
	index int   // its place among the connections
}

// batch is a queue of frames. Frames are shared between connections: they are
// never written to.
type batch struct{ frames [][]byte }

// space returns how many bytes a replay may send: half of the queue is kept
// for what happens meanwhile.
func (c *conn) space() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.hub.queueBytes/2 - c.queued
}

// wait returns when all that was queued has been written.
func (c *conn) wait(ctx context.Context) error {
	c.mu.Lock()
	if c.closing != 0 {
		c.mu.Unlock()
		return errDetached
	}
	if c.queued == 0 {
		c.mu.Unlock()
		return nil
	}
	if c.drained == nil {
		c.drained = make(chan struct{})
	}
	drained := c.drained
	c.mu.Unlock()
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shut closes the connection with code: bye where the code has one, then the
// close frame. What is queued goes first, except when its reader may have no
// more (the session ended) or will not take it (too slow).
func (c *conn) shut(code closeCode, reconnectAfter time.Duration) {
	c.mu.Lock()
	if c.closing != 0 {
		c.mu.Unlock()
		return
	}
	c.end(code, reconnectAfter, "")
	c.unlockAndWrite()
}

// end queues the last frames; why is a session's end's. The lock is held.
func (c *conn) end(code closeCode, reconnectAfter time.Duration, why string) {
	c.closing, c.closed = code, c.hub.clock.Load()
	if c.queue == nil || code == closeSlow || code == closeSessionEnded {
		c.queue = c.hub.newBatch()
	}
	if code.hasBye() {
		c.queue.frames = append(c.queue.frames, encodeFrame(byeOf(code, reconnectAfter, why)))
	}
	c.queue.frames = append(c.queue.frames, encodeClose(code, code.reason()))
	c.wakeWaiters()
}

// endSession is the session registry's: nothing more is delivered.
func (c *conn) endSession(code closeCode, why string) {
	c.mu.Lock()
	if c.closing != 0 {
		c.mu.Unlock()
		return
	}
	c.end(code, 0, why)
	c.unlockAndWrite()
}

// kill cuts the connection without a word: its peer is gone, or stuck.
func (c *conn) kill() { c.net.Close() }

// wakeWaiters ends every wait. The lock is held.
func (c *conn) wakeWaiters() {
	if c.drained != nil {
		close(c.drained)
		c.drained = nil
	}
}

// alive notes a sign of life.
func (c *conn) alive() { c.heard.Store(c.hub.clock.Load()) }

// look is the once-a-second check of one connection: now is the hub's clock,
// unix the wall clock. It must be quick and may not block.
func (c *conn) look(now, unix int64) {
	c.mu.Lock()
	closing, closed := c.closing != 0, c.closed
	c.mu.Unlock()
	stuck, expires := c.stuck.Load(), c.expires.Load()
	switch {
	case closing && now-closed > closeTime:
		c.kill()
	case closing:
	case stuck != 0 && now-stuck > writeTime:
		c.shut(closeSlow, 0)
	case expires == 0 && now-c.born > authTime:
		c.shut(closeRefused, 0)
	case expires != 0 && unix >= expires:
		c.shut(closeExpired, 0)
	case now-c.heard.Load() > deadAfter:
		c.kill()
	case now%pingEvery == int64(c.slot):
		c.send(c.hub.ping)
	}
}
