package main

import (
	"context"
	"fmt"
	"time"

	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

// settleWanderers makes people who leave a room and come back, while others
// talk in it, and read all that natter lets them.
func (t *town) settleWanderers(ctx context.Context, rng *dice, o options) error {
	for i := range 3 {
		p, err := t.member(ctx, fmt.Sprint("wanderer-", i), rng)
		if err != nil {
			return err
		}
		room := t.rooms[i%len(t.rooms)]
		w := &watched{name: p.name, rooms: []string{room}}
		if err := t.watch(ctx, p, w, i, false); err != nil {
			return err
		}
		t.lives = append(t.lives, w)
		t.every(3*time.Second, p.rng, func() { t.wander(w, p, room) })
		t.every(time.Second, p.rng, func() { t.pageOf(p, room) })
	}
	return nil
}

// wander leaves a room, stays away a while, and comes back.
func (t *town) wander(w *watched, p *person, room string) {
	if !t.move(p, laws.Leave, room, (*client.Client).Leave) {
		return
	}
	_ = pause(t.ctx, time.Duration(p.rng.Int64N(int64(2*time.Second))))
	if !t.move(p, laws.Join, room, (*client.Client).Join) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), settleWithin)
	defer cancel()
	// Until the edge has heard of the return, the room does not exist for them.
	for {
		err := w.Follow(ctx, room, "")
		if err == nil || ctx.Err() != nil {
			break
		}
		_ = pause(ctx, 100*time.Millisecond)
	}
	if ctx.Err() != nil {
		t.broken("%s came back to a room and could not follow it within %s", w.name, settleWithin)
	}
}

// move joins or leaves, which natter may not refuse.
func (t *town) move(p *person, op laws.Op, room string, do func(*client.Client, context.Context, string) error) bool {
	_, err := t.settle(p, laws.Record{Op: op, Room: room}, func(ctx context.Context, c *client.Client, _ *laws.Record) error {
		return do(c, ctx, room)
	})
	if err != nil {
		t.broken("%s could not %s: %v", p.name, op, err)
	}
	return err == nil
}
