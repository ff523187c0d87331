//go:build unix

package edge

import (
	"errors"
	"syscall"
)

// ready returns when the socket has something to read, or has ended. It waits
// here, and not within the WebSocket library, because of the stack: an idle
// connection is a goroutine that waits, and from here it needs 2 or 4 KB of
// stack instead of 8.
func (c *conn) ready() {
	sc, ok := c.net.(syscall.Conn)
	if !ok || c.in.Buffered() > 0 {
		return // TLS, or there is something already
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Read(hasInput) // reading itself will tell what is wrong
}

// hasInput reports whether a read of fd would not block.
func hasInput(fd uintptr) bool {
	var b [1]byte
	_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
	return !errors.Is(err, syscall.EAGAIN)
}
