package main

import (
	"context"
	"fmt"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

// bell is somebody who is mentioned, and hears of it over SSE, on one
// connection after another.
type bell struct {
	*person
	*client.Bell
	cut    chan struct{}
	cancel context.CancelFunc
	done   chan struct{}
	wrote  int    // rings in the history so far
	edge   string // where it listens
}

// settleBells makes those who are mentioned. Each hears one notification
// before anything goes wrong: from its position on, nothing may be missing.
func (t *town) settleBells(ctx context.Context, rng *dice, o options) error {
	caller, err := t.member(ctx, "caller", rng)
	if err != nil {
		return err
	}
	for i := range 3 {
		p, err := t.member(ctx, fmt.Sprint("bell-", i), rng)
		if err != nil {
			return err
		}
		b := &bell{person: p, Bell: client.NewBell(), cut: make(chan struct{}, 1), done: make(chan struct{})}
		s, err := p.at(t, i).Listen(ctx, b.Bell)
		if err != nil {
			return err
		}
		w := words{t.rooms[0], chat.NewID(), "hello @" + p.name}
		if _, err := t.attempt(ctx, caller, w, 0, 1); err != nil {
			s.Cut()
			return err
		}
		if err := b.Wait(ctx, func(rings []client.Ring) bool { return len(rings) > 0 }); err != nil {
			s.Cut()
			return fmt.Errorf("%s hears nothing: %w", p.name, err)
		}
		s.Cut()
		t.add(laws.Record{Client: p.name, Op: laws.Listen, Start: t.now(), Outcome: laws.OK, User: p.User().ID, Seq: b.Rings()[0].Seq - 1})
		run, cancel := context.WithCancel(context.WithoutCancel(t.ctx))
		b.cancel = cancel
		go b.run(run, t, i)
		t.bells, t.names = append(t.bells, b), append(t.names, p.name)
		t.fresh(p)
		t.every(3*time.Second, p.rng, b.lose)
	}
	return nil
}

// lose breaks the connection.
func (b *bell) lose() {
	select {
	case b.cut <- struct{}{}:
	default:
	}
}

// run listens at one edge after another.
func (b *bell) run(ctx context.Context, t *town, edge int) {
	defer close(b.done)
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for ; ctx.Err() == nil; edge++ {
		b.edge = t.urls[edge%len(t.urls)]
		s, err := b.At(b.edge).Listen(ctx, b.Bell)
		if err != nil {
			_ = pause(ctx, 200*time.Millisecond)
			continue
		}
		for over := false; !over; {
			select {
			case <-look.C:
				b.write(t)
			case <-s.Done():
				over = true
			case <-b.cut:
				over = true
			case <-ctx.Done():
				over = true
			}
		}
		s.Cut()
		b.write(t)
	}
}

func (b *bell) write(t *town) {
	rings := b.Rings()
	for _, r := range rings[b.wrote:] {
		switch r.Kind {
		case "reset":
			t.add(laws.Record{Client: b.name, Op: laws.Reset, Start: t.now(), Outcome: laws.OK, User: b.User().ID, Seq: seqOf(r.ID), Code: r.Reason, Edge: b.edge})
		case "notification":
			t.add(laws.Record{Client: b.name, Op: laws.Ring, Start: t.now(), Outcome: laws.OK, User: b.User().ID, Seq: r.Seq, Message: r.Event.ID})
		}
	}
	b.wrote = len(rings)
}

// end disconnects, writes the last down, and notes what the client's own checks
// found.
func (b *bell) end(t *town) {
	b.cancel()
	<-b.done
	b.write(t)
	for _, v := range b.Violations() {
		t.broken("%s was promised otherwise: %s", b.name, v)
	}
}

// heard waits until a bell has heard the last notification of its person.
func (b *bell) heard(ctx context.Context, last uint64) error {
	return b.Wait(ctx, func(rings []client.Ring) bool {
		return len(rings) > 0 && rings[len(rings)-1].Seq >= last
	})
}
