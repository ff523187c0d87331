package edge

import (
	"errors"
	"unicode/utf8"

	"github.com/gorilla/websocket"
)

// serve reads until the connection ends, then puts everything away. It is the
// connection's one owner: when it returns, nothing of the connection is left.
func (c *conn) serve() {
	defer c.finish()
	defer c.hub.contain(c)
	for c.ready(); c.readOne(); c.ready() {
	}
}

// readOne reads and handles one message; false ends the connection.
func (c *conn) readOne() bool {
	kind, r, err := c.ws.NextReader()
	if err != nil {
		c.broken(err)
		return false
	}
	if !c.counts() {
		return false
	}
	if kind != websocket.TextMessage {
		c.shut(closeBinary, 0)
		return false
	}
	message := c.hub.newMessage()
	defer c.hub.freeMessage(message)
	if _, err := message.ReadFrom(r); err != nil {
		c.broken(err)
		return false
	}
	if !utf8.Valid(message.Bytes()) {
		c.shut(closeNotUTF8, 0)
		return false
	}
	// Only now: the connection may have been closed while the frame was awaited,
	// and whose session ended may do nothing more on it.
	if c.isClosing() {
		return false
	}
	c.handle(message.Bytes())
	return !c.isClosing()
}

// counts counts a frame against the flood bound and allows the next message
// its bytes.
func (c *conn) counts() bool {
	c.wire.budget = wireBudget
	if c.frames.take(c.hub.clock.Load(), c.hub.edge.cfg.FramesPerSecond*quotaWindow) {
		return true
	}
	c.shut(closeFlood, floodPause)
	return false
}

// onPing and onPong are the library's handlers.
func (c *conn) onPing(data string) error {
	if !c.counts() {
		return errDetached
	}
	c.send(encodeControl(wsPong, []byte(data)))
	return nil
}

func (c *conn) onPong(string) error {
	if !c.counts() {
		return errDetached
	}
	return nil
}

// broken closes after a read failed. What the library calls too large without
// closing is a length with its highest bit set, which RFC 6455 forbids
// (section 5.2).
func (c *conn) broken(err error) {
	var closed *websocket.CloseError
	switch {
	case errors.As(err, &closed): // a close frame, which the library has answered, or the end without one
		c.parted = true
		c.vanished()
	case errors.Is(err, websocket.ErrReadLimit):
		c.shut(closeProtocol, 0)
	default:
		c.vanished()
	}
}

// vanished ends a connection whose peer has gone without a close frame.
func (c *conn) vanished() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing == 0 {
		c.closing, c.closed = closeBroken, c.hub.clock.Load()
		c.wakeWaiters()
		c.net.Close()
	}
}

func (c *conn) isClosing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing != 0
}

// finish waits for what runs on behalf of the connection, then forgets it.
func (c *conn) finish() {
	c.shut(closeNormal, 0) // unless it is closing already
	c.subs.end(c)
	if idle := c.writerEnds(); idle != nil {
		<-idle // look cuts a writer that is stuck
	}
	c.drainInput()
	c.net.Close()
	if c.there {
		c.hub.edge.presence.exit(c.who.User.ID, c.away)
	}
	if c.expires.Load() != 0 {
		c.hub.edge.sessions.remove(c.who.Session, c)
		c.hub.conns.exit(c.who.User.ID)
	}
	c.hub.metrics.closes.WithLabelValues(c.closing.label()).Inc()
	c.hub.conns.remove(c)
	c.hub.conns.leave()
}

// writerEnds returns a channel that is closed when the writer has ended, or
// nil when none runs.
func (c *conn) writerEnds() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.writing {
		return nil
	}
	c.idle = make(chan struct{})
	return c.idle
}

// drainInput reads on for a moment after a close frame, so that closing the
// socket does not reset it before the peer has seen why.
func (c *conn) drainInput() {
	if c.parted {
		return
	}
	var sink [512]byte
	for range 256 {
		if _, err := c.net.Read(sink[:]); err != nil {
			return
		}
	}
}
