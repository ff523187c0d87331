package runedge

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// firstByte is how long a connection without a request counts as busy: browsers
// open spare ones that they may never use.
const firstByte = time.Second

// busy knows the connections of an HTTP server that have a request, or may be
// about to send their first.
type busy struct {
	mu    sync.Mutex
	conns map[net.Conn]time.Time // until when they count; zero: until their answer is out
}

// watch makes the server tell about its connections. It serves none yet.
func watch(server *http.Server) *busy {
	b := &busy{conns: map[net.Conn]time.Time{}}
	server.ConnState = b.note
	return b
}

func (b *busy) note(c net.Conn, state http.ConnState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch state {
	case http.StateNew:
		b.conns[c] = time.Now().Add(firstByte)
	case http.StateActive:
		b.conns[c] = time.Time{}
	default:
		delete(b.conns, c)
	}
}

// rest waits until no connection is busy, or until ctx ends.
func (b *busy) rest(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for b.any(time.Now()) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (b *busy) any(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, until := range b.conns {
		if until.IsZero() || now.Before(until) {
			return true
		}
	}
	return false
}
