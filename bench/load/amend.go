package load

import (
	"fmt"
	"time"
)

// Due says of what is sent when it was due, where its ack's latency is noted, and
// who is told the sequence that it got.
type Due struct {
	At   time.Time
	Acks *Latencies
	Done func(seq uint64)
}

// Say is Post, with a latency of its own.
func (c *Conn) Say(number uint64, room *Room, key string, size int, due Due) {
	frame := fmt.Appendf(nil, `{"op":"post","id":%d,"room":"%s","key":"%s","text":"%s"}`, number+2, room.ID, key, Text(c.fleet.Run, number, size, due.At))
	c.start(number, &post{room: room, at: due.At, frame: frame, acks: due.Acks, done: due.Done})
}

// Edit gives the message at seq, which this connection's person posted, another
// text. Like a post it is repeated until it is acknowledged, and counted at every
// seat.
func (c *Conn) Edit(number uint64, room *Room, seq uint64, key string, size int, due Due) {
	frame := fmt.Appendf(nil, `{"op":"edit","id":%d,"room":"%s","seq":%d,"key":"%s","text":"%s"}`, number+2, room.ID, seq, key, Text(c.fleet.Run, number, size, due.At))
	c.start(number, &post{room: room, at: due.At, frame: frame, acks: due.Acks, done: due.Done})
}

// Delete deletes a message. Its event carries no time, so that its delivery is
// counted and has no latency.
func (c *Conn) Delete(number uint64, room *Room, seq uint64, due Due) {
	frame := fmt.Appendf(nil, `{"op":"delete","id":%d,"room":"%s","seq":%d}`, number+2, room.ID, seq)
	c.start(number, &post{room: room, at: due.At, frame: frame, acks: due.Acks, done: due.Done, silent: true})
}

// React puts an emoji to a message, which this connection's person has not done
// before. Its delivery is counted and has no latency.
func (c *Conn) React(number uint64, room *Room, seq uint64, emoji string, due Due) {
	frame := fmt.Appendf(nil, `{"op":"react","id":%d,"room":"%s","seq":%d,"emoji":"%s","on":true}`, number+2, room.ID, seq, emoji)
	c.start(number, &post{room: room, at: due.At, frame: frame, acks: due.Acks, done: due.Done, silent: true})
}
