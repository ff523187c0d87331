package edge

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/chat"
)

const (
	// openAtOnce is how many rooms one frame opens at the same time.
	openAtOnce = 32
	// subscribeTime bounds what a subscribe frame asks of the database and
	// the log before its rooms are attached. Replays take as long as the
	// client reads.
	subscribeTime = 15 * time.Second
)

// errNotYet is for somebody who has just come back to a room: where they may
// begin is known once the log has heard of it.
var errNotYet = &chat.Error{Code: chat.Unavailable, Detail: "You have just come back to this room. Subscribe again in a moment."}

// wanted is one room of a subscribe frame.
type wanted struct {
	room  string
	after *chat.Position
	topic *topic
	err   error
}

// subscribe checks the frame and queues the work.
func (c *conn) subscribe(f subscribeFrame) error {
	if len(f.Rooms) == 0 || len(f.Rooms) > maxRooms {
		return &chat.Error{Code: chat.BadRequest, Field: "rooms", Detail: "Subscribe to 1 to 500 rooms at once."}
	}
	rooms := make([]wanted, 0, len(f.Rooms))
	seen := map[string]bool{}
	for _, r := range f.Rooms {
		if err := chat.CheckID("room", r.Room); err != nil {
			return err
		}
		if seen[r.Room] {
			return &chat.Error{Code: chat.BadRequest, Field: "rooms", Detail: "A room stands twice in the frame."}
		}
		seen[r.Room] = true
		w := wanted{room: r.Room}
		if r.After != "" {
			p, err := chat.ParsePosition(r.After)
			if err != nil {
				c.refuse(f.ID, r.Room, err)
				continue
			}
			w.after = &p
		}
		rooms = append(rooms, w)
	}
	c.queueWork(f.ID, func(ctx context.Context) { c.subscribeTo(ctx, f.ID, rooms) })
	return nil
}

// unsubscribe queues its work behind the subscribe frames before it.
func (c *conn) unsubscribe(f unsubscribeFrame) error {
	if err := chat.CheckID("room", f.Room); err != nil {
		return err
	}
	c.queueWork(f.ID, func(context.Context) {
		if sub := c.subs.of(f.Room); sub != nil {
			sub.topic.detach(sub)
			c.forget(sub)
		}
		c.send(encodeFrame(unsubscribedFrame{Op: "unsubscribed", ID: f.ID, Room: f.Room, Reason: endAsked}))
	})
	return nil
}

func (c *conn) queueWork(id uint64, work func(context.Context)) {
	if !c.subs.do(c, work) {
		c.refuse(id, "", chat.Errorf(chat.Overloaded, "Too many of your subscriptions wait. Nothing happened; wait for some."))
	}
}

// subscribeTo opens the rooms, asks for the memberships in one query, and
// attaches. The order matters: the rooms are heard before the directory is
// asked, so that a leave between the two is not missed.
func (c *conn) subscribeTo(ctx context.Context, id uint64, rooms []wanted) {
	prepare, cancel := context.WithTimeout(ctx, subscribeTime)
	defer cancel()
	c.openRooms(prepare, rooms)
	found, err := c.memberships(prepare, rooms)
	cancel()
	strange := 0
	for i := range rooms {
		w := &rooms[i]
		if w.topic == nil {
			c.refuse(id, w.room, w.err)
			continue
		}
		m, ok := found[w.room]
		switch {
		case ok && m.From == chat.NotYet:
			c.refuse(id, w.room, errNotYet)
		case ok && w.topic.learn(c.who.User.ID, m):
			c.attach(ctx, id, w, m)
		case err != nil:
			c.refuse(id, w.room, err)
		default:
			c.refuse(id, w.room, notFound())
			strange++
		}
		w.topic.arrived()
		w.topic.release()
	}
	if strange > len(rooms)/2 {
		c.nonsense() // somebody tries ids: each opens a room here for a moment
	}
}

// openRooms acquires every room's topic.
func (c *conn) openRooms(ctx context.Context, rooms []wanted) {
	var group errgroup.Group
	group.SetLimit(openAtOnce)
	for i := range rooms {
		w := &rooms[i]
		group.Go(func() error {
			if w.topic, w.err = c.hub.acquire(ctx, c.hub.rooms, w.room); w.err == nil {
				w.topic.expect()
			}
			return nil
		})
	}
	group.Wait()
}

// memberships returns what is known of the user here, and asks the directory
// once for the rest.
func (c *conn) memberships(ctx context.Context, rooms []wanted) (map[string]chat.Membership, error) {
	found := make(map[string]chat.Membership, len(rooms))
	var ask []chat.Seat
	for _, w := range rooms {
		if w.topic == nil {
			continue
		}
		if m, ok := c.hub.memberOf(c.who.User.ID, w.room); ok {
			found[w.room] = m
		} else {
			ask = append(ask, chat.Seat{User: c.who.User.ID, Room: w.room})
		}
	}
	if len(ask) == 0 {
		return found, nil
	}
	told, err := c.hub.edge.asker.memberships(ctx, framePatience, ask...)
	for _, seat := range ask {
		if m, ok := told[seat]; ok {
			found[seat.Room] = m
		}
	}
	return found, err
}

// attach makes the subscription, in place of an older one to the same room.
func (c *conn) attach(ctx context.Context, id uint64, w *wanted, m chat.Membership) {
	if old := c.subs.of(w.room); old != nil {
		old.topic.detach(old)
		c.forget(old)
	}
	sub := &subscription{topic: w.topic, to: c, user: c.who.User.ID, rev: m.Rev, from: m.From, id: id}
	if !c.subs.add(sub) {
		c.refuse(id, w.room, chat.Errorf(chat.LimitReached, "A connection can subscribe to %d rooms.", maxRooms))
		return
	}
	w.topic.users.Add(1) // the subscription's own hold; detach gives it back
	err := w.topic.attach(ctx, sub, w.after)
	if err == nil {
		return
	}
	c.forget(sub)
	if !errors.Is(err, errDetached) && ctx.Err() == nil {
		c.refuse(id, w.room, err)
	}
}
