package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
)

// watch tells the client who is there in rooms that it has subscribed to, from
// now until the subscription ends.
func (c *conn) watch(f watchFrame) error {
	if err := checkRooms(f.Rooms); err != nil {
		return err
	}
	c.queueWork(f.ID, func(ctx context.Context) { c.watchRooms(ctx, f.ID, f.Rooms) })
	return nil
}

// unwatch ends it. Frames that are under way still come.
func (c *conn) unwatch(f unwatchFrame) error {
	if err := checkRooms(f.Rooms); err != nil {
		return err
	}
	c.queueWork(f.ID, func(context.Context) {
		for _, room := range f.Rooms {
			sub := c.subs.of(room)
			if sub == nil {
				c.refuse(f.ID, room, notFound())
				continue
			}
			sub.topic.unwatch(sub)
		}
	})
	return nil
}

// checkRooms checks the rooms of one frame.
func checkRooms(rooms []string) error {
	if len(rooms) == 0 || len(rooms) > maxRooms {
		return &chat.Error{Code: chat.BadRequest, Field: "rooms", Detail: "Name 1 to 500 rooms."}
	}
	seen := make(map[string]bool, len(rooms))
	for _, room := range rooms {
		if err := chat.CheckID("room", room); err != nil {
			return err
		}
		if seen[room] {
			return &chat.Error{Code: chat.BadRequest, Field: "rooms", Detail: "A room stands twice in the frame."}
		}
		seen[room] = true
	}
	return nil
}

// watchRooms is watch on the worker, after the subscriptions that were asked for
// before it. Whoever may subscribe may watch: a subscription ends when its user
// leaves, and the watch with it.
func (c *conn) watchRooms(ctx context.Context, id uint64, rooms []string) {
	p := c.hub.edge.presence
	var subs []*subscription
	var ask []string
	for _, room := range rooms {
		if sub := c.subs.of(room); sub != nil {
			subs, ask = append(subs, sub), append(ask, room)
		} else {
			c.refuse(id, room, notFound())
		}
	}
	if len(subs) == 0 {
		return
	}
	crowds, err := p.open(ctx, ask)
	defer p.letGo(crowds)
	for _, sub := range subs {
		room := sub.topic.scope
		cause := err
		if cause == nil {
			cause = crowds[room].err
		}
		if cause == nil {
			cause = sub.topic.watch(sub, crowds[room], id)
		}
		if cause != nil && ctx.Err() == nil {
			c.refuse(id, room, cause)
		}
	}
}

// watch begins a watch of s, unless s has ended.
func (t *topic) watch(s *subscription, c *crowd, id uint64) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.state != subLive && s.state != subAhead {
		return notFound()
	}
	t.hub.edge.presence.watch(s, c, id)
	return nil
}

func (t *topic) unwatch(s *subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.hub.edge.presence.unwatch(s)
}

// standing notes whether somebody looks at this device.
func (c *conn) standing(f standingFrame) error {
	if f.State != chat.Here && f.State != chat.Away {
		return &chat.Error{Code: chat.BadRequest, Field: "state", Detail: "A state is here or away."}
	}
	if away := f.State == chat.Away; away != c.away {
		c.away = away
		c.hub.edge.presence.shift(c.who.User.ID, away)
	}
	return nil
}
