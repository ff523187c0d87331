package edge

import (
	"bufio"
	"encoding/binary"
	"net"
	"net/http"
	"time"
)

// wire is the net.Conn that the WebSocket library reads from. The library
// answers pings and protocol errors by writing on its own; after the handshake
// wire takes those frames and sends them the connection's own way, so that
// there is one writer. It also bounds what one message may cost in bytes of
// framing: the library does not count empty fragments.
type wire struct {
	net.Conn
	c      *conn
	opened bool // the handshake has been answered
	budget int  // bytes that may still be read for this message
}

// wireBudget is what the largest allowed message may take on the wire, cut
// into fragments as one likes.
const wireBudget = 4 * maxBody

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if n > 0 {
		w.c.alive()
		if w.budget -= n; w.budget < 0 {
			w.c.shut(closeFlood, floodPause)
			return 0, net.ErrClosed
		}
	}
	return n, err
}

// Write takes one whole control frame, unmasked, as the library writes it.
func (w *wire) Write(b []byte) (int, error) {
	if !w.opened {
		return w.Conn.Write(b)
	}
	if len(b) < 2 {
		return len(b), nil
	}
	switch b[0] {
	case wsPong:
		w.c.send(b) // made for this call: nobody else holds it
	case wsClose:
		w.c.shutLike(b[2:])
	}
	return len(b), nil
}

// SetWriteDeadline ignores the library's deadlines after the handshake.
func (w *wire) SetWriteDeadline(t time.Time) error {
	if w.opened {
		return nil
	}
	return w.Conn.SetWriteDeadline(t)
}

// shutLike closes as the library wants to, without a bye: payload is a close
// frame's, either the echo of the client's or what its frame broke.
func (c *conn) shutLike(payload []byte) {
	code := closeNormal
	if len(payload) >= 2 {
		code = closeCode(binary.BigEndian.Uint16(payload))
	} else {
		payload = binary.BigEndian.AppendUint16(nil, uint16(code))
	}
	c.mu.Lock()
	if c.closing != 0 {
		c.mu.Unlock()
		return
	}
	c.closing, c.closed = code, c.hub.clock.Load()
	if c.queue == nil {
		c.queue = c.hub.newBatch()
	}
	c.queue.frames = append(c.queue.frames, encodeControl(wsClose, payload))
	c.wakeWaiters()
	c.unlockAndWrite()
}

// hijacker gives the library the wire instead of the bare connection.
type hijacker struct {
	http.ResponseWriter
	wire *wire
}

func (h hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	h.wire.Conn = conn
	h.wire.c.in = bufio.NewReaderSize(h.wire, readBuffer)
	if rw.Reader.Buffered() > 0 {
		return h.wire, rw, nil // the library refuses what was sent too early
	}
	return h.wire, bufio.NewReadWriter(h.wire.c.in, rw.Writer), nil
}
