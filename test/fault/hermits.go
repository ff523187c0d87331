package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

// hermit is somebody with one socket, at one edge and at no other: when that ends
// they are gone, and stay away for longer than anybody may be taken for present.
type hermit struct {
	*person
	edge   int
	cancel context.CancelFunc
	done   chan struct{}

	mu  sync.Mutex
	sit bool
}

// away is how long a hermit stays away.
const away = laws.GhostWithin + 3*time.Second

// settleHermits makes one for each edge, and has the probes watch who is there.
func (t *town) settleHermits(ctx context.Context, rng *dice, o options) error {
	for i := range t.urls {
		p, err := t.member(ctx, fmt.Sprint("hermit-", i), rng)
		if err != nil {
			return err
		}
		run, cancel := context.WithCancel(context.WithoutCancel(t.ctx))
		h := &hermit{person: p, edge: i, cancel: cancel, done: make(chan struct{})}
		t.hermits = append(t.hermits, h)
		t.fresh(p)
		go h.run(run, t)
	}
	for _, w := range t.probe.lives {
		t.every(300*time.Millisecond, t.probe.rng, func() { _ = t.keepWatch(t.ctx, w) })
	}
	return nil
}

// keepWatch has a client watch the probe's room unless it does already.
func (t *town) keepWatch(ctx context.Context, w *watched) error {
	if w.Journal.Room(t.probe.room).There != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, onceWithin)
	defer cancel()
	s, err := w.Socket(ctx)
	if err != nil {
		return err
	}
	return s.Watch(ctx, t.probe.room)
}

// run comes and goes until the load ends, and stays from then on.
func (h *hermit) run(ctx context.Context, t *town) {
	defer close(h.done)
	for ctx.Err() == nil {
		r := laws.Record{Client: h.name, Op: laws.Come, Start: t.now(), Edge: t.urls[h.edge], User: h.User().ID, Outcome: laws.OK}
		s, err := h.sits(ctx, r.Edge)
		if err != nil {
			_ = pause(ctx, 200*time.Millisecond)
			continue
		}
		t.add(r)
		h.seated(true)
		h.stay(ctx, t, s)
		h.seated(false)
		s.Cut()
		t.add(laws.Record{Client: h.name, Op: laws.Go, Start: t.now(), Edge: r.Edge, User: r.User, Outcome: laws.OK})
		gone, stop := context.WithTimeout(t.ctx, away)
		<-gone.Done() // at the load's end they come back at once
		stop()
	}
}

func (h *hermit) sits(ctx context.Context, edge string) (*client.Socket, error) {
	ctx, cancel := context.WithTimeout(ctx, onceWithin)
	defer cancel()
	s, err := client.Dial(ctx, edge, client.DialOptions{})
	if err != nil {
		return nil, err
	}
	if _, err := s.Auth(ctx, h.Token()); err != nil {
		s.Cut()
		return nil, err
	}
	return s, nil
}

// stay waits for the socket's end: by a fault, or by a hermit who has had enough
// while others talk.
func (h *hermit) stay(ctx context.Context, t *town, s *client.Socket) {
	enough, stop := context.WithTimeout(t.ctx, h.rng.between(20*time.Second, 60*time.Second))
	defer stop()
	select {
	case <-s.Done():
		return
	case <-enough.Done():
	}
	if t.ctx.Err() == nil {
		return
	}
	select {
	case <-s.Done():
	case <-ctx.Done():
	}
}

func (h *hermit) seated(sit bool) { h.mu.Lock(); defer h.mu.Unlock(); h.sit = sit }
func (h *hermit) sitting() bool   { h.mu.Lock(); defer h.mu.Unlock(); return h.sit }

// seen waits until the probes at all edges but one (-1: at all) see the hermit, or
// do not.
func (t *town) seen(ctx context.Context, h *hermit, but int, there bool) error {
	for {
		wrong := -1
		for i, w := range t.probe.lives {
			who := w.Journal.Room(t.probe.room).There
			if _, is := who[h.User().ID]; i != but && (who == nil || is != there) {
				wrong = i
			}
		}
		if wrong < 0 {
			return nil
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return fmt.Errorf("at edge %d %s is seen: %v, which is not so: %w", wrong, h.name, !there, err)
		}
	}
}

// rollCall waits, when the load has ended, until everybody who is connected is
// seen by all probes, and writes down the moment at which that must be so.
func (t *town) rollCall(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, laws.GhostWithin+5*time.Second)
	defer cancel()
	for _, w := range t.probe.lives {
		for t.keepWatch(ctx, w) != nil && pause(ctx, 100*time.Millisecond) == nil {
		}
	}
	for _, h := range t.hermits {
		for !h.sitting() && pause(ctx, 50*time.Millisecond) == nil {
		}
		_ = t.seen(ctx, h, -1, true) // the law says who is not
	}
	for _, w := range t.lives {
		if w.whole && len(w.rooms) > 1 {
			t.add(laws.Record{Client: w.name, Op: laws.Come, Start: t.now(), Outcome: laws.OK, User: w.user})
		}
	}
	_ = pause(ctx, 2*lookEvery) // what was seen is written down
	t.add(laws.Record{Client: "roll", Op: laws.Roll, Start: t.now(), Outcome: laws.OK, Room: t.probe.room})
}
