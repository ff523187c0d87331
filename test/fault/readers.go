package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

// watched is a correct client whose journal is written into the history as it
// grows. Its name and rooms are set before watch, session and conn for who will be
// logged out.
type watched struct {
	*client.Live
	name, user, session, conn string
	only                      string // the one edge where it connects; "": at any
	rooms                     []string
	resets, events            map[string]int // what was written down so far
	done                      chan struct{}
	cancel                    context.CancelFunc
}

// lookEvery is how exact a delivery's time in the history is.
const lookEvery = 50 * time.Millisecond

// watch connects a person's client, preferring the given edge, follows the
// rooms of w and writes down what it sees until end. whole says that it stays
// until the campaign's end and thus has to see everything.
func (t *town) watch(ctx context.Context, p *person, w *watched, edge int, whole bool) error {
	var urls []string
	for i := 0; i < len(t.urls) && w.only == ""; i++ {
		urls = append(urls, t.urls[(edge+i)%len(t.urls)])
	}
	if w.only != "" {
		urls = []string{w.only}
	}
	run, cancel := context.WithCancel(context.WithoutCancel(t.ctx))
	w.Live, w.user, w.done, w.cancel = client.GoLive(run, p.Client, urls...), p.User().ID, make(chan struct{}), cancel
	w.resets, w.events = map[string]int{}, map[string]int{}
	for _, room := range w.rooms {
		if err := w.Follow(ctx, room, ""); err != nil {
			w.Close()
			cancel()
			return fmt.Errorf("%s follows: %w", w.name, err)
		}
		at := w.Journal.Room(room)
		from := at.Position.Seq
		if len(at.Events) > 0 { // something came already
			from = at.Events[0].Prev
		}
		t.add(laws.Record{Client: w.name, Op: laws.Follow, Start: t.now(), Outcome: laws.OK, User: w.user, Room: room, Seq: from, Whole: whole})
	}
	go w.run(run, t)
	return nil
}

func (w *watched) run(ctx context.Context, t *town) {
	defer close(w.done)
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			w.look(t)
			return
		case <-ticker.C:
			w.look(t)
		}
	}
}

// look writes down what the journal has more than at the last look.
func (w *watched) look(t *town) {
	now := t.now()
	for _, room := range w.rooms {
		r := w.Journal.Room(room)
		resets := r.Resets[w.resets[room]:]
		w.resets[room] += len(resets)
		put := func(i int) {
			for len(resets) > 0 && resets[0].Before <= i {
				t.add(laws.Record{Client: w.name, Op: laws.Reset, Start: now, Outcome: laws.OK, User: w.user, Session: w.session, Conn: w.conn,
					Room: room, Seq: seqOf(resets[0].Position), Code: resets[0].Reason})
				resets = resets[1:]
			}
		}
		for i := w.events[room]; i < len(r.Events); i++ {
			put(i)
			e := r.Events[i]
			t.add(laws.Record{Client: w.name, Op: laws.See, Start: now, Outcome: laws.OK, User: w.user, Session: w.session, Conn: w.conn,
				Room: room, Seq: e.Seq, Prev: e.Prev, Message: e.ID, Sum: laws.Sum(e.Event)})
		}
		put(len(r.Events))
		w.events[room] = len(r.Events)
	}
}

// end disconnects, writes the last down, and notes what the client's own checks
// found.
func (w *watched) end(t *town) {
	w.Close()
	w.cancel()
	<-w.done
	for _, v := range w.Journal.Violations() {
		t.broken("%s was promised otherwise: %s", w.name, v)
	}
}

func seqOf(position string) (seq uint64) {
	_, digits, _ := strings.Cut(position, "-")
	_, _ = fmt.Sscan(digits, &seq)
	return seq
}

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

// pageOf reads the newest page of a room at any edge.
func (t *town) pageOf(p *person, room string) {
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
			if !slices.Contains(t.rooms, room) {
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
