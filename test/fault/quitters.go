package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

// quitter is a session that will be logged out during a fault: a socket at one
// edge, a stream at another.
type quitter struct {
	*client.Client
	session string
	socket  *watched
	stream  *client.Stream
	edge    int
}

// settleQuitters makes the person whose sessions are logged out.
func (t *town) settleQuitters(ctx context.Context, rng *dice, o options) error {
	p, err := t.member(ctx, "quitter", rng)
	if err != nil {
		return err
	}
	number := 0
	t.every(2*time.Second, p.rng, func() {
		if len(t.quitters) > 1 {
			return // enough are waiting
		}
		number++
		ctx, cancel := context.WithTimeout(t.ctx, onceWithin)
		defer cancel()
		if q := t.arrive(ctx, p, number); q != nil {
			t.quitters <- q
		}
	})
	return nil
}

// arrive logs in once more, and connects; nil where natter could not.
func (t *town) arrive(ctx context.Context, p *person, number int) *quitter {
	edge := p.rng.IntN(len(t.urls))
	c := client.New(t.urls[edge])
	if c.Login(ctx, p.name, password) != nil {
		return nil
	}
	q := &quitter{Client: c, session: c.Session(), edge: edge}
	name := fmt.Sprint("quitter/", number)
	login := &person{Client: c, name: name, rng: p.rng}
	q.socket = &watched{name: name, rooms: []string{t.rooms[number%len(t.rooms)]}, session: q.session, conn: name + "/socket"}
	if t.watch(ctx, login, q.socket, edge+1, false) != nil {
		return nil
	}
	var err error
	if q.stream, err = c.At(t.urls[(edge+2)%len(t.urls)]).Listen(t.ctx, client.NewBell()); err != nil {
		q.socket.end(t)
		return nil
	}
	return q
}

// awaitQuitter waits until there is somebody whom the first fault can log out.
func (t *town) awaitQuitter(ctx context.Context) error {
	for len(t.quitters) == 0 {
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("nobody is there to be logged out: %w", err)
		}
	}
	return nil
}

// quit logs one session out, if one is there, and watches what it can still do
// for a while. It returns when that is over.
func (t *town) quit() {
	var q *quitter
	select {
	case q = <-t.quitters:
	default:
		return
	}
	if q == nil {
		return
	}
	defer q.stream.Cut()
	defer q.socket.end(t)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), settleWithin)
	defer cancel()
	if !t.logOut(ctx, q) {
		return
	}
	bound, stop := context.WithTimeout(ctx, laws.RevokedWithin+5*time.Second)
	defer stop()
	var all sync.WaitGroup
	for i := range t.urls {
		all.Go(func() { t.refusedAt(bound, q, i) })
	}
	all.Go(func() { t.socketEnds(bound, q) })
	all.Go(func() { t.streamEnds(bound, q) })
	all.Wait()
}

// logOut ends the session; that it has ended already is an answer, too.
func (t *town) logOut(ctx context.Context, q *quitter) bool {
	for edge := q.edge; ; edge++ {
		once, stop := context.WithTimeout(ctx, onceWithin)
		r := laws.Record{Client: q.socket.name, Op: laws.Logout, Start: t.now(), Edge: t.urls[edge%len(t.urls)], Session: q.session}
		err := q.At(r.Edge).Logout(once)
		stop()
		if client.CodeOf(err) == "unauthenticated" {
			err = nil
		}
		t.ended(r, err)
		if err == nil {
			return true
		}
		if pause(ctx, 100*time.Millisecond) != nil {
			return false
		}
	}
}
