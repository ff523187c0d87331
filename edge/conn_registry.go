package edge

import (
	"net"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
)

// connections are all sockets and streams of the edge.
type connections struct {
	hub *hub

	mu      sync.Mutex
	all     []*conn
	streams map[*stream]struct{}
	taken   int            // places taken, also by those that shake hands
	none    chan struct{}  // closed when the last one has gone; nil: nobody waits
	ending  bool           // nothing new is admitted
	users   map[string]int // sockets and streams by user
}

func newConnections(h *hub) *connections {
	return &connections{hub: h, streams: map[*stream]struct{}{}, users: map[string]int{}}
}

// admit takes a place for a new socket or stream, which leave gives back.
func (cs *connections) admit() error {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	most := cs.hub.edge.cfg.MaxConnections
	if cs.ending || (most > 0 && cs.taken >= most) {
		cs.hub.metrics.refused.WithLabelValues("full").Inc()
		return chat.Errorf(chat.Overloaded, "This edge has no place for another connection. Try again later.")
	}
	cs.taken++
	return nil
}

// leave gives a place back.
func (cs *connections) leave() {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.taken--; cs.taken == 0 && cs.none != nil {
		close(cs.none)
		cs.none = nil
	}
}

// enter counts a socket or stream of the user's; false if they have as many as
// one person may. exit gives it back.
func (cs *connections) enter(user string) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if most := cs.hub.edge.cfg.ConnectionsPerUser; most > 0 && cs.users[user] >= most {
		cs.hub.metrics.refused.WithLabelValues("crowded").Inc()
		return false
	}
	cs.users[user]++
	return true
}

func (cs *connections) exit(user string) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.users[user]--; cs.users[user] <= 0 {
		delete(cs.users, user)
	}
}

// add makes c one that is looked after. false: the edge is ending.
func (cs *connections) add(c *conn) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.ending {
		return false
	}
	c.index = len(cs.all)
	cs.all = append(cs.all, c)
	cs.hub.metrics.connections.WithLabelValues("websocket").Inc()
	return true
}

// remove forgets c.
func (cs *connections) remove(c *conn) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	last := len(cs.all) - 1
	cs.all[c.index] = cs.all[last]
	cs.all[c.index].index = c.index
	cs.all[last] = nil
	cs.all = cs.all[:last]
	cs.hub.metrics.connections.WithLabelValues("websocket").Dec()
}

// list copies what there is.
func (cs *connections) list(into []*conn) []*conn {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return append(into[:0], cs.all...)
}

// addStream and removeStream are add and remove for SSE.
func (cs *connections) addStream(s *stream) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.ending {
		return false
	}
	cs.streams[s] = struct{}{}
	cs.hub.metrics.connections.WithLabelValues("sse").Inc()
	return true
}

func (cs *connections) removeStream(s *stream) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	delete(cs.streams, s)
	cs.hub.metrics.connections.WithLabelValues("sse").Dec()
}

// sweep looks at every socket, once a second.
func (cs *connections) sweep(now int64, all []*conn) []*conn {
	all = cs.list(all)
	unix := cs.hub.edge.Now().Unix()
	for _, c := range all {
		c.look(now, unix)
	}
	clear(all)
	return all
}

// closeAll admits nobody any more and closes everything at once.
func (cs *connections) closeAll(code closeCode) {
	cs.mu.Lock()
	cs.ending = true
	streams := make([]*stream, 0, len(cs.streams))
	for s := range cs.streams {
		streams = append(streams, s)
	}
	cs.mu.Unlock()
	for _, s := range streams {
		s.shut(code, 0)
	}
	for _, c := range cs.list(nil) {
		c.shut(code, 0)
	}
}

// killAll cuts what has not gone by itself.
func (cs *connections) killAll() {
	for _, c := range cs.list(nil) {
		c.kill()
	}
}

// halfClose tells the peer that nothing more comes and gives it time to read
// and to answer. Whatever it sends to a socket that is closed already is
// answered by a reset, which throws away what it has not read yet: the reason.
func (h *hub) halfClose(c net.Conn) {
	if tcp, ok := c.(interface{ CloseWrite() error }); ok {
		tcp.CloseWrite()
	}
	c.SetReadDeadline(time.Now().Add(closeGrace))
}

// closeGrace is how long a peer may take to answer a close frame.
const closeGrace = closeTime * time.Second
