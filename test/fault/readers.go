package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

// settleReaders makes people who follow all rooms to the end: some patient,
// some who cut their connection or subscribe anew all the time, all of whom
// read history and move their markers.
func (t *town) settleReaders(ctx context.Context, rng *dice, o options) error {
	for i := range 2 * o.edges {
		p, err := t.member(ctx, fmt.Sprint("reader-", i), rng)
		if err != nil {
			return err
		}
		w := &watched{name: p.name, rooms: t.rooms}
		if err := t.watch(ctx, p, w, i, true); err != nil {
			return err
		}
		t.lives = append(t.lives, w)
		if i%2 == 1 {
			t.every(2*time.Second, p.rng, func() { t.restless(w, p) })
		}
		t.every(time.Second, p.rng, func() { t.pageOf(p, t.rooms[p.rng.IntN(len(t.rooms))]) })
		t.every(2*time.Second, p.rng, func() { t.markRead(w, p) })
	}
	return nil
}

// restless loses the connection, or subscribes anew.
func (t *town) restless(w *watched, p *person) {
	if p.rng.IntN(2) == 0 {
		w.Cut()
		return
	}
	ctx, cancel := context.WithTimeout(t.ctx, onceWithin)
	defer cancel()
	room := t.rooms[p.rng.IntN(len(t.rooms))]
	_ = w.Unfollow(ctx, room) // if that cannot be said, it is followed still
	again, stop := context.WithTimeout(context.WithoutCancel(t.ctx), settleWithin)
	defer stop()
	if err := w.Follow(again, room, ""); err != nil {
		t.broken("%s could not follow a room again within %s: %v", w.name, settleWithin, err)
	}
}

// pageOf reads the newest page of a room at any edge, and returns its position.
func (t *town) pageOf(p *person, room string) (position string) {
	ctx, cancel := context.WithTimeout(t.ctx, onceWithin)
	defer cancel()
	c := p.at(t, p.rng.IntN(len(t.urls)))
	r := laws.Record{Client: p.name, Op: laws.History, Start: t.now(), Edge: c.Edge, User: p.User().ID, Room: room}
	page, err := c.History(ctx, room, "", "", 50)
	var sums []string
	for _, item := range page.Items {
		ev, wrong := events.Decode(item.Event)
		if wrong != nil {
			t.broken("%s was shown %d in history, which is no event: %v", p.name, item.Seq, wrong)
		}
		r.Seqs, sums = append(r.Seqs, item.Seq), append(sums, laws.Sum(ev))
	}
	r.Sum = laws.SumOf(sums)
	r.Seq, r.Whole = seqOf(page.Position), page.Older == ""
	t.ended(r, err)
	return page.Position
}

// markRead moves a marker up to what was seen last; now and then a late one, of
// another device, comes behind it.
func (t *town) markRead(w *watched, p *person) {
	room := t.rooms[p.rng.IntN(len(t.rooms))]
	seen := w.Journal.Room(room).Events
	if len(seen) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(t.ctx, onceWithin)
	defer cancel()
	c := p.at(t, p.rng.IntN(len(t.urls)))
	r := laws.Record{Client: p.name, Op: laws.Mark, Start: t.now(), Edge: c.Edge, User: w.user, Room: room, Seq: seen[len(seen)-1].Seq}
	if p.rng.IntN(3) == 0 {
		r.Seq = seen[p.rng.IntN(len(seen))].Seq
	}
	t.ended(r, c.MarkRead(ctx, room, r.Seq))
}

// caughtUp waits until everybody who stays to the end has seen the last event
// of each room, and returns who has not.
func (t *town) caughtUp(ctx context.Context, last map[string]uint64) (behind []string) {
	for _, w := range t.lives {
		for _, room := range w.rooms {
			if !w.whole && !slices.Contains(t.rooms, room) {
				continue
			}
			err := w.Journal.Wait(ctx, room, func(r client.Room) bool { return r.Position.Seq >= last[room] })
			if err != nil {
				behind = append(behind, fmt.Sprintf("%s has room %s up to %d instead of %d; its connections ended %v", w.name, room,
					w.Journal.Room(room).Position.Seq, last[room], ends(w.Ends())))
			}
		}
	}
	return behind
}

func ends(all []client.End) (codes []int) {
	for _, e := range all[max(0, len(all)-10):] {
		codes = append(codes, e.Code)
	}
	return codes
}
