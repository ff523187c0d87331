package edge

import "context"

// writeBuffer is what a writer gathers frames in: one write for many.
type writeBuffer struct{ b []byte }

// writeSize is how much one write carries at most, unless a frame is larger.
// Larger buffers gain nothing (the copy leaves the cache) and cost memory for
// each reader that is slow.
const writeSize = 32 << 10

// send queues a frame. It never blocks: a connection whose queue is full is
// closed with closeSlow, and its client resumes from its position.
func (c *conn) send(frame []byte) {
	c.mu.Lock()
	if !c.enqueue(frame) {
		c.mu.Unlock()
		return
	}
	c.unlockAndWrite()
}

// enqueue appends a frame, or the end where there is no room for it; false where
// the end has come already. The lock is held.
func (c *conn) enqueue(frame []byte) bool {
	if c.closing != 0 {
		return false
	}
	if c.queue == nil {
		c.queue = c.hub.newBatch()
	}
	if c.queued+len(frame) > c.hub.queueBytes || len(c.queue.frames) >= queueFrames {
		c.hub.metrics.overflows.Inc()
		c.end(closeSlow, 0, "")
	} else {
		c.queue.frames = append(c.queue.frames, frame)
		c.queued += len(frame)
	}
	return true
}

// unlockAndWrite unlocks and starts a writer if none runs: one of the hub's that
// is idle, or else a new goroutine, so that a reader that is slow keeps nobody
// waiting. The reader's goroutine waits for it at the end.
func (c *conn) unlockAndWrite() {
	start := !c.writing
	c.writing = true
	c.mu.Unlock()
	if !start {
		return
	}
	select {
	case c.hub.writers <- c:
	default:
		go c.write()
	}
}

// idleWriters is how many writers the hub keeps. A goroutine is cheap, but not
// the stack that each new one has to grow on its way into the kernel.
const idleWriters = 64

// writer writes for one connection after another until ctx ends.
func (h *hub) writer(ctx context.Context) error {
	for {
		select {
		case c := <-h.writers:
			c.write()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// write writes until nothing is queued.
func (c *conn) write() {
	for {
		c.mu.Lock()
		b := c.queue
		if b == nil {
			c.rest()
			c.mu.Unlock()
			return
		}
		c.queue = nil
		last := c.closing != 0
		c.mu.Unlock()
		err := c.flush(b.frames, last)
		c.hub.freeBatch(b)
		if err != nil || last {
			c.lastWritten(err)
			return
		}
	}
}

// rest ends the writer. The lock is held.
func (c *conn) rest() {
	c.writing = false
	if c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// lastWritten ends the writer for good: nothing goes out after a close frame or
// an error. The reader is given a moment for the client's own close frame.
func (c *conn) lastWritten(err error) {
	if err != nil {
		c.net.Close()
	} else {
		c.hub.halfClose(c.net)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing == 0 {
		c.closing, c.closed = closeBroken, c.hub.clock.Load()
	}
	if c.queue != nil {
		c.hub.freeBatch(c.queue)
		c.queue = nil
	}
	c.queued = 0
	c.wakeWaiters()
	c.rest()
}

// flush writes frames, many in one write; last are those that end it.
func (c *conn) flush(frames [][]byte, last bool) error {
	if len(frames) == 1 {
		return c.put(frames[0])
	}
	buf := c.hub.newBuffer()
	defer c.hub.freeBuffer(buf)
	for _, frame := range frames {
		if len(buf.b) == 0 && !last && c.abandons() {
			return nil
		}
		if len(buf.b)+len(frame) > writeSize && len(buf.b) > 0 {
			if err := c.put(buf.b); err != nil {
				return err
			}
			buf.b = buf.b[:0]
		}
		if len(frame) >= writeSize { // buf is empty: it was written above
			if err := c.put(frame); err != nil {
				return err
			}
			continue
		}
		buf.b = append(buf.b, frame...)
	}
	if len(buf.b) == 0 {
		return nil
	}
	return c.put(buf.b)
}

// abandons reports whether what was queued before the close must not go out any
// more: its reader is too slow, or may not see it.
func (c *conn) abandons() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closing == closeSlow || c.closing == closeSessionEnded
}

// put is one write. Its deadline is the hub's: look cuts a connection whose
// write is stuck, which spares a timer for every write.
func (c *conn) put(b []byte) error {
	c.stuck.Store(max(c.hub.clock.Load(), 1))
	n, err := c.net.Write(b)
	c.stuck.Store(0)
	c.hub.metrics.bytes.Add(float64(n))
	c.hub.metrics.writes.Inc()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queued -= len(b); c.queued <= 0 {
		c.queued = 0
		c.wakeWaiters()
	}
	return err
}
