package test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/test/cluster"
)

// wire is a bare connection to an edge, on which a test writes bytes that no
// client library would.
type wire struct {
	t *testing.T
	net.Conn
	in *bufio.Reader
}

// dial opens a bare connection, which ends with the test.
func dial(t *testing.T, e *cluster.Edge) *wire {
	t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(e.URL, "http://"), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(deadline))
	return &wire{t, conn, bufio.NewReader(conn)}
}

// Says writes text.
func (w *wire) Says(format string, args ...any) {
	w.t.Helper()
	if _, err := fmt.Fprintf(w, format, args...); err != nil {
		w.t.Fatalf("write: %v", err)
	}
}

// Status reads an answer's head and body and returns its status.
func (w *wire) Status() int {
	w.t.Helper()
	res, err := http.ReadResponse(w.in, nil)
	if err != nil {
		w.t.Fatalf("read the answer: %v", err)
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, res.Body)
	return res.StatusCode
}

// Ends waits until the edge closes the connection, whatever it says before.
func (w *wire) Ends(within time.Duration) {
	w.t.Helper()
	_ = w.SetReadDeadline(time.Now().Add(within))
	if _, err := io.Copy(io.Discard, w.in); err != nil {
		if e, ok := err.(net.Error); ok && e.Timeout() {
			w.t.Errorf("the connection is still open after %s", within)
		}
	}
}

// upgrade makes the connection a WebSocket, with further header lines.
func (w *wire) upgrade(headers ...string) int {
	w.t.Helper()
	w.Says("GET /api/ws HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: natter.v1.json\r\n%s\r\n",
		w.RemoteAddr(), lines(headers))
	res, err := http.ReadResponse(w.in, nil)
	if err != nil {
		w.t.Fatalf("read the handshake: %v", err)
	}
	return res.StatusCode
}

func lines(headers []string) string {
	var b strings.Builder
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	return b.String()
}

// frame builds a masked WebSocket frame (RFC 6455, section 5.2) from its first
// byte and its payload.
func frame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	b = append(b, 0, 0, 0, 0) // a mask that changes nothing
	return append(b, payload...)
}

const (
	fin    = 0x80
	text   = 0x1
	binop  = 0x2
	pingop = 0x9
)

// Sends writes bytes; the edge may have closed already.
func (w *wire) Sends(raw []byte) { _, _ = w.Write(raw) }

// CloseCode reads frames until a close frame and returns its code, or -1 when
// the connection ends without one.
func (w *wire) CloseCode() int {
	w.t.Helper()
	for {
		op, payload, err := w.readFrame()
		switch {
		case err != nil:
			return -1
		case op == 0x8 && len(payload) >= 2:
			return int(binary.BigEndian.Uint16(payload))
		}
	}
}

// Reply reads the next text frame.
func (w *wire) Reply() string {
	w.t.Helper()
	for {
		op, payload, err := w.readFrame()
		if err != nil {
			w.t.Fatalf("read a frame: %v", err)
		}
		if op == text {
			return string(payload)
		}
	}
}

// readFrame reads one frame of the server's, which is unmasked.
func (w *wire) readFrame() (op byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(w.in, head[:]); err != nil {
		return 0, nil, err
	}
	size := uint64(head[1] & 0x7f)
	var more [8]byte
	switch size {
	case 126:
		_, err = io.ReadFull(w.in, more[6:])
	case 127:
		_, err = io.ReadFull(w.in, more[:])
	}
	if err != nil {
		return 0, nil, err
	}
	if size >= 126 {
		size = binary.BigEndian.Uint64(more[:])
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(w.in, payload)
	return head[0] & 0xf, payload, err
}
