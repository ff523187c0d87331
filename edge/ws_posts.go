package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// post queues a message. It returns when the message has its place in the
// publisher's queue, so that posts are logged in the order they were sent; the
// ack follows when the log has it.
func (c *conn) post(f postFrame) error {
	answer, m, err := c.writable(f.ID, f.Room)
	if err != nil {
		c.refuse(f.ID, roomOf(f.Room), err)
		return nil
	}
	c.hub.edge.postAsync(events.WithTrace(c.hub.base), c.who, m, saying{f.Key, f.Text, f.Reply}, answer)
	return nil
}

// read queues a read marker.
func (c *conn) read(f readFrame) error {
	if err := c.hub.edge.limits.spend(c.hub.base, boundActions, c.who.User.ID); err != nil {
		c.refuse(f.ID, roomOf(f.Room), err)
		return nil
	}
	answer, m, err := c.writable(f.ID, f.Room)
	if err != nil {
		c.refuse(f.ID, roomOf(f.Room), err)
		return nil
	}
	ctx, cancel := context.WithTimeout(events.WithTrace(c.hub.base), lookupTime)
	defer cancel()
	c.hub.edge.markReadAsync(ctx, c.who, m, f.Seq, answer)
	return nil
}

// writable returns the user's membership of the room and what answers the
// frame when the log has what it asks for. A room that is subscribed to here
// needs no query.
func (c *conn) writable(id uint64, room string) (answer func(Ack, error), m chat.Membership, err error) {
	if err := chat.CheckID("room", room); err != nil {
		return nil, m, err
	}
	m, ok := c.hub.memberOf(c.who.User.ID, room)
	if !ok {
		ctx, cancel := context.WithTimeout(c.hub.base, lookupTime)
		defer cancel()
		if m, err = c.hub.edge.membership(ctx, requestPatience, c.who, room); err != nil {
			return nil, m, err
		}
	}
	if c.pending.Add(1) > maxPending {
		c.pending.Add(-1)
		return nil, m, chat.Errorf(chat.Overloaded, "Too many of your frames wait for their ack. Nothing happened; wait for some.")
	}
	return func(ack Ack, err error) {
		c.pending.Add(-1)
		c.answer(id, room, ack, err)
	}, m, nil
}

// answer sends what became of a post or a marker. It may run on any goroutine.
func (c *conn) answer(id uint64, room string, ack Ack, err error) {
	if err != nil {
		p := c.hub.edge.problem(c.hub.base, err)
		c.send(encodeFrame(p.frame(id, room)))
		return
	}
	c.send(encodeFrame(ackFrame{Op: "ack", ID: id, Room: room, Message: ack.Message, Seq: ack.Seq,
		Position: ack.Position, Durability: ack.Durability}))
}

// roomOf keeps what a client calls a room out of answers unless it could be one.
func roomOf(room string) string {
	if chat.CheckID("room", room) != nil {
		return ""
	}
	return room
}
