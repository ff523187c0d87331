package load

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Conn is one person's connection, which reconnects to the next edge and
// resumes when it breaks.
type Conn struct {
	fleet  *Fleet
	person Person
	index  int
	seats  []*seat

	lats   []time.Duration // the reader's: of the frames of one read
	textAt int             // the reader's: where the text of the last event began

	mu      sync.Mutex
	net     net.Conn // nil while there is none
	isLive  bool
	since   time.Time // when it became live last
	broken  time.Time // when the last connection ended; zero at first
	pending map[uint64]*post
	out     []byte
}

// post is a message, or a change of one, without an ack.
type post struct {
	room    *Room
	at      time.Time
	frame   []byte
	refused bool // to be sent again
	silent  bool // its event has no text, and thus no mark
	acks    *Latencies
	done    func(seq uint64)
}

const (
	handshakeWithin = 20 * time.Second
	writeWithin     = 10 * time.Second
	maxPause        = time.Second // between attempts to connect
)

// run connects again and again until the fleet ends.
func (c *Conn) run() {
	for try := c.index; c.fleet.ctx.Err() == nil; try++ {
		err := c.once(c.fleet.Edges[try%len(c.fleet.Edges)])
		c.down()
		if c.fleet.ctx.Err() != nil {
			return
		}
		c.fleet.failed(err.Error())
		select {
		case <-c.fleet.ctx.Done():
		case <-time.After(rand.N(maxPause)): // nothing to wait for but time: a storm is spread
		}
	}
}

// once is one connection, from the handshake to its end.
func (c *Conn) once(edge string) error {
	conn, err := c.connect(edge)
	if err != nil {
		return err
	}
	defer conn.Close()
	return c.read(conn)
}

func (c *Conn) connect(edge string) (net.Conn, error) {
	select {
	case c.fleet.dialing <- struct{}{}:
		defer func() { <-c.fleet.dialing }()
	case <-c.fleet.ctx.Done():
		return nil, c.fleet.ctx.Err()
	}
	token, err := c.person.Token()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(c.fleet.ctx, handshakeWithin)
	defer cancel()
	dialer := websocket.Dialer{Subprotocols: []string{"natter.v1.json"}, ReadBufferSize: 1 << 10, WriteBufferSize: 1 << 10}
	ws, res, err := dialer.DialContext(ctx, strings.Replace(edge, "http", "ws", 1)+"/api/ws", http.Header{})
	if err != nil {
		if res != nil {
			return nil, fmt.Errorf("handshake: %s", res.Status)
		}
		return nil, errors.New("no connection")
	}
	conn := ws.NetConn() // an edge says nothing before auth, so the library has read no further
	c.mu.Lock()
	c.net = conn
	c.mu.Unlock()
	c.send(opText, fmt.Appendf(nil, `{"op":"auth","id":1,"token":%q}`, token))
	if len(c.seats) > 0 {
		c.send(opText, c.subscribeFrame())
	}
	return conn, nil
}

func (c *Conn) subscribeFrame() []byte {
	frame := []byte(`{"op":"subscribe","id":1,"rooms":[`)
	for i, s := range c.seats {
		if i > 0 {
			frame = append(frame, ',')
		}
		frame = fmt.Appendf(frame, `{"room":%q`, s.room.ID)
		if s.incarnation != "" {
			frame = fmt.Appendf(frame, `,"after":"%s-%d"`, s.incarnation, s.last)
		}
		frame = append(frame, '}')
	}
	return append(frame, "]}"...)
}

// Post sends a message of size bytes that was due at the given time. It is
// repeated with its key until it is acknowledged.
func (c *Conn) Post(number uint64, room *Room, key string, size int, at time.Time) {
	text := Text(c.fleet.Run, number, size, at)
	frame := make([]byte, 0, size+160)
	frame = fmt.Appendf(frame, `{"op":"post","id":%d,"room":"%s","key":"%s","text":"`, number+2, room.ID, key)
	frame = append(append(frame, text...), `"}`...)
	c.start(number, &post{room: room, at: at, frame: frame})
}

// start sends a post's frame and keeps it until it is acknowledged.
func (c *Conn) start(number uint64, p *post) {
	if p.acks == nil {
		p.acks = c.fleet.Acks
	}
	c.fleet.posted.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending[number] = p
	if c.isLive {
		c.write(opText, p.frame)
	} // else up sends it
}

// send writes a frame. An error shows in the reader, which ends the connection.
func (c *Conn) send(op byte, payload []byte) { c.mu.Lock(); defer c.mu.Unlock(); c.write(op, payload) }

// write is send with the lock held.
func (c *Conn) write(op byte, payload []byte) {
	if c.net == nil {
		return
	}
	c.out = appendFrame(c.out[:0], op, payload)
	_ = c.net.SetWriteDeadline(time.Now().Add(writeWithin))
	if _, err := c.net.Write(c.out); err != nil {
		c.net.Close()
	}
	if cap(c.out) > 4<<10 {
		c.out = nil
	}
}

// up notes that all rooms are subscribed, and sends what waits for an ack.
func (c *Conn) up() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isLive {
		return
	}
	c.isLive, c.since = true, time.Now()
	c.fleet.live.Add(1)
	if !c.broken.IsZero() {
		c.fleet.Back.Add(c.index, time.Since(c.broken))
	}
	for _, p := range c.pending {
		c.write(opText, p.frame)
	}
}

func (c *Conn) down() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isLive {
		c.isLive = false
		c.fleet.live.Add(-1)
		c.broken = time.Now()
	}
	c.net = nil
	for _, s := range c.seats {
		s.open.Store(false)
	}
}

func (c *Conn) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.net != nil {
		c.net.Close()
	}
}

// hangUp closes the connection politely.
func (c *Conn) hangUp() {
	c.send(opClose, binary.BigEndian.AppendUint16(nil, 1000))
	c.cut()
}

func (c *Conn) repeatRefused() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pending {
		if p.refused && c.isLive {
			p.refused = false
			c.write(opText, p.frame)
		}
	}
}

func (c *Conn) renew() {
	if token, err := c.person.Token(); err == nil {
		c.send(opText, fmt.Appendf(nil, `{"op":"auth","id":1,"token":%q}`, token))
	}
}
