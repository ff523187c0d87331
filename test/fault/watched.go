package main

import (
	"context"
	"fmt"
	"strings"
	"time"

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
	whole                     bool              // follows its rooms to the campaign's end
	later                     bool              // is no member of them yet
	there                     map[string]string // what was written down of who is there
	resets, events            map[string]int    // what was written down so far
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
	w.whole = whole
	run, cancel := context.WithCancel(context.WithoutCancel(t.ctx))
	w.Live, w.user, w.done, w.cancel = client.GoLive(run, p.Client, urls...), p.User().ID, make(chan struct{}), cancel
	w.resets, w.events = map[string]int{}, map[string]int{}
	for i := 0; i < len(w.rooms) && !w.later; i++ {
		room := w.rooms[i]
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
				Room: room, Seq: e.Seq, Prev: e.Prev, Message: e.ID, Sum: laws.Sum(e.Event), Text: laws.EditedText(e.Event)})
		}
		put(len(r.Events))
		w.events[room] = len(r.Events)
		w.lookAround(t, room, r.There)
	}
}

// lookAround writes down who came and went since the last look, in a room that
// is watched; blind is who watches it no more.
func (w *watched) lookAround(t *town, room string, there map[string]string) {
	r := laws.Record{Client: w.name, Op: laws.Stand, Start: t.now(), Outcome: laws.OK, Room: room, Edge: w.only}
	if there == nil && w.there != nil || there != nil && w.there == nil {
		r.Code = map[bool]string{true: laws.Blind, false: laws.Sees}[there == nil]
		t.add(r)
		w.there = nil
	}
	for user, state := range there {
		if w.there[user] != state {
			r.User, r.Code = user, state
			t.add(r)
		}
	}
	for user := range w.there {
		if _, is := there[user]; !is {
			r.User, r.Code = user, "offline"
			t.add(r)
		}
	}
	w.there = there
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
