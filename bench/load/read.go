package load

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// maxBuffer is how far a reader's buffer grows while more arrives than fits.
const maxBuffer = 32 << 10

// read handles frames until the connection ends, and says how it did.
func (c *Conn) read(conn net.Conn) error {
	buf := make([]byte, c.fleet.Buffer)
	have := 0
	for {
		n, err := conn.Read(buf[have:])
		if err != nil {
			return fmt.Errorf("connection lost")
		}
		have += n
		used, ended := c.handle(buf[:have], time.Now())
		if ended != nil {
			return ended
		}
		full := have == len(buf)
		have = copy(buf, buf[used:have])
		if have == len(buf) || full && len(buf) < maxBuffer {
			buf = append(buf, make([]byte, len(buf))...)
		}
	}
}

// handle takes the whole frames of b and returns how much they are.
func (c *Conn) handle(b []byte, now time.Time) (used int, ended error) {
	c.lats = c.lats[:0]
	for ended == nil {
		op, payload, n := nextFrame(b[used:])
		if n == 0 {
			break
		}
		used += n
		switch op {
		case opText:
			c.frame(payload, now)
		case opPing:
			c.send(opPong, payload)
		case opClose:
			ended = closed(payload)
		}
	}
	if len(c.lats) > 0 {
		c.fleet.Deliveries.Add(c.index, c.lats...)
	}
	return used, ended
}

func closed(payload []byte) error {
	if len(payload) < 2 {
		return fmt.Errorf("closed without a code")
	}
	return fmt.Errorf("closed with %d %s", binary.BigEndian.Uint16(payload), payload[2:])
}

func (c *Conn) frame(p []byte, now time.Time) {
	if room, seq, prev, rest, ok := event(p); ok {
		c.event(room, seq, prev, rest, now)
		return
	}
	switch word(p[:min(len(p), 40)], `"op":"`) {
	case "ack":
		c.acked(p, now)
	case "error":
		c.refused(p)
	case "welcome":
		if len(c.seats) == 0 {
			c.up()
		}
	case "subscribed":
		c.subscribed(p, false)
	case "reset":
		c.subscribed(p, true)
	}
}

func (c *Conn) event(room []byte, seq, prev uint64, rest []byte, now time.Time) {
	s := c.seat(room)
	if s == nil {
		c.fleet.failed("an event of a room that is not followed")
		return
	}
	number, at, ours := readMark(rest, c.fleet.Run, &c.textAt)
	if ours {
		c.lats = append(c.lats, now.Sub(time.Unix(0, at)))
	}
	kind := other
	if !ours {
		kind = kindOf(rest)
	}
	s.see(seq, prev, number, ours || kind == silent)
	if kind == turn {
		s.turns.Add(1)
	}
}

func (c *Conn) seat(room []byte) *seat {
	for _, s := range c.seats {
		if string(room) == s.room.ID {
			return s
		}
	}
	return nil
}

func (c *Conn) acked(p []byte, now time.Time) {
	id := number(p, `"id":`)
	c.mu.Lock()
	waiting := c.pending[id-2]
	delete(c.pending, id-2)
	c.mu.Unlock()
	if waiting == nil { // the ack of a post that was sent twice
		return
	}
	seq, of := number(p, `"seq":`), id-2
	if waiting.silent {
		of = 0
	}
	waiting.room.ack(seq, of)
	waiting.acks.Add(c.index, now.Sub(waiting.at))
	if waiting.done != nil {
		waiting.done(seq)
	}
}

// refused notes an error; a post is sent again by the fleet.
func (c *Conn) refused(p []byte) {
	c.fleet.failed("error " + word(p, `"code":"`))
	id := number(p, `"id":`)
	c.mu.Lock()
	defer c.mu.Unlock()
	if waiting := c.pending[id-2]; id >= 2 && waiting != nil {
		waiting.refused = true
	} else if c.net != nil { // a subscription that failed: connect again
		c.net.Close()
	}
}

// subscribed notes where a room starts. A reset says that there may be a hole
// before it: natter promised none here, so that it counts as a loss.
func (c *Conn) subscribed(p []byte, reset bool) {
	at := bytes.Index(p, []byte(`"room":"`))
	if at < 0 || len(p) < at+8+idLength {
		return
	}
	s := c.seat(p[at+8 : at+8+idLength])
	if s == nil {
		return
	}
	incarnation, seq, _ := strings.Cut(word(p, `"position":"`), "-")
	position, _ := strconv.ParseUint(seq, 10, 64)
	if reset {
		c.fleet.failed("reset " + word(p, `"reason":"`))
		s.lost++
	}
	if s.incarnation == "" || reset {
		s.incarnation, s.last = incarnation, position
	}
	s.open.Store(true)
	for _, other := range c.seats {
		if !other.open.Load() {
			return
		}
	}
	c.up()
}
