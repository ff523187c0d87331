package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

const (
	guests   = 5
	clubSize = 4 // members at most, the host among them: some guests find it full
)

// guest is somebody who comes into a room that may be full, and goes again or is
// removed.
type guest struct {
	*person
	*watched
	club string
	upTo string // the position of the last long poll
}

// settleGuests makes a room with fewer places than guests, and a host who talks
// in it and removes them.
func (t *town) settleGuests(ctx context.Context, rng *dice, o options) error {
	host, err := t.person(ctx, "host", rng)
	if err != nil {
		return err
	}
	room, err := host.CreateRoom(ctx, chat.Public, "club", chat.NewID())
	if err == nil {
		err = host.Limit(ctx, room.ID, clubSize)
	}
	if err != nil {
		return fmt.Errorf("make a room with %d places: %w", clubSize, err)
	}
	w := &watched{name: host.name, rooms: []string{room.ID}}
	if err := t.watch(ctx, host, w, 0, true); err != nil {
		return err
	}
	t.lives = append(t.lives, w)
	t.fresh(host)
	var ids []string
	for i := range guests {
		p, err := t.person(ctx, fmt.Sprint("guest-", i), rng)
		if err != nil {
			return err
		}
		g := &guest{person: p, watched: &watched{name: p.name, rooms: []string{room.ID}, later: true}, club: room.ID}
		if err := t.watch(ctx, p, g.watched, i, false); err != nil {
			return err
		}
		t.lives, ids = append(t.lives, g.watched), append(ids, p.User().ID)
		t.fresh(p)
		t.every(2*time.Second, p.rng, func() { t.visit(g) })
		t.every(time.Second, p.rng, func() { t.peek(g) })
	}
	n := 0
	t.every(500*time.Millisecond, host.rng, func() {
		n++
		w, edge := words{room.ID, chat.NewID(), fmt.Sprintf("%s greets %d", host.name, n)}, host.rng.IntN(len(t.urls))
		t.running.Go(func() { t.say(host, w, edge, 1) })
	})
	t.every(time.Second, host.rng, func() { t.throwOut(host, room.ID, one(host.rng, ids)) })
	return nil
}

// throwOut removes somebody, who may be no member at this moment.
func (t *town) throwOut(host *person, room, user string) {
	_, err := t.settle(host, laws.Record{Op: laws.Remove, Room: room, Note: user}, func(ctx context.Context, c *client.Client, _ *laws.Record) error {
		return c.Remove(ctx, room, user)
	})
	if err != nil && client.CodeOf(err) != string(chat.NotFound) {
		t.broken("%s could not remove somebody: %v", host.name, err)
	}
}

// visit comes in, if there is space, follows the room for a while, and leaves as
// often as not: else the host ends it.
func (t *town) visit(g *guest) {
	_, err := t.settle(g.person, laws.Record{Op: laws.Join, Room: g.club}, func(ctx context.Context, c *client.Client, _ *laws.Record) error {
		return c.Join(ctx, g.club)
	})
	if client.CodeOf(err) == string(chat.LimitReached) {
		return
	}
	if err != nil {
		t.broken("%s could not come in: %v", g.person.name, err)
		return
	}
	ctx, cancel := context.WithTimeout(t.ctx, 3*time.Second)
	defer cancel()
	for ctx.Err() == nil && g.Follow(ctx, g.club, "") != nil { // the edge has not heard of it, or they are out again
		_ = pause(ctx, 100*time.Millisecond)
	}
	_ = pause(t.ctx, time.Duration(g.rng.Int64N(int64(3*time.Second))))
	if g.rng.IntN(2) == 0 {
		t.move(g.person, laws.Leave, g.club, (*client.Client).Leave)
	}
}

// peek reads what natter lets a guest read by the other ways, a member or not.
func (t *town) peek(g *guest) {
	if page := t.pageOf(g.person, g.club); g.upTo == "" {
		g.upTo = page
	}
	if g.upTo == "" {
		return // never in so far
	}
	err := t.asked(g.person, laws.Record{Op: laws.Poll, Room: g.club}, func(ctx context.Context, c *client.Client, r *laws.Record) error {
		polled, err := c.Poll(ctx, g.club, g.upTo, 0)
		for _, e := range polled.Events {
			r.Seqs = append(r.Seqs, e.Seq)
		}
		if err == nil {
			g.upTo = polled.Position
		}
		return err
	})
	if p := (*client.Problem)(nil); errors.As(err, &p) && p.Position != "" {
		g.upTo = p.Position // a reset: it goes on from there
	}
	if g.rng.IntN(4) == 0 { // searches are counted
		_ = t.asked(g.person, laws.Record{Op: laws.Search, Room: g.club}, func(ctx context.Context, c *client.Client, r *laws.Record) (err error) {
			r.Seqs, err = c.Search(ctx, g.club, "greets")
			return err
		})
	}
}
