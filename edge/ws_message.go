package edge

import (
	"context"

	"github.com/natter-chat/natter/events"
)

// What a socket's frames do to messages: the same functions as over HTTP. A
// client's next frame waits for what they look up and log, and nobody else's.

func (c *conn) edit(f editFrame) error {
	c.act(f.ID, f.Room, "", func(ctx context.Context) (Ack, error) {
		return c.hub.edge.edit(ctx, c.who, f.Room, f.Seq, f.Key, f.Text)
	})
	return nil
}

func (c *conn) remove(f deleteFrame) error {
	c.act(f.ID, f.Room, boundActions, func(ctx context.Context) (Ack, error) {
		return c.hub.edge.remove(ctx, c.who, f.Room, f.Seq)
	})
	return nil
}

func (c *conn) react(f reactFrame) error {
	c.act(f.ID, f.Room, boundActions, func(ctx context.Context) (Ack, error) {
		return c.hub.edge.react(ctx, c.who, f.Room, f.Seq, f.Emoji, f.On)
	})
	return nil
}

func (c *conn) pin(f pinFrame) error {
	c.act(f.ID, f.Room, boundActions, func(ctx context.Context) (Ack, error) {
		return c.hub.edge.pin(ctx, c.who, f.Room, f.Seq, f.On)
	})
	return nil
}

// act does what a frame asks for, within the bound, and answers it.
func (c *conn) act(id uint64, room string, within bound, do func(context.Context) (Ack, error)) {
	ctx, cancel := context.WithTimeout(events.WithTrace(c.hub.base), requestTime)
	defer cancel()
	var err error
	if within != "" {
		err = c.hub.edge.limits.spend(ctx, within, c.who.User.ID)
	}
	var ack Ack
	if err == nil {
		ack, err = do(ctx)
	}
	if err != nil {
		c.refuse(id, roomOf(room), err)
		return
	}
	c.answer(id, room, ack, nil)
}
