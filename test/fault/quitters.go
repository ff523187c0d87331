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
	all.Go(func() { t.closes(bound, q, q.socket.name+"/socket", q.socket.stopped()) })
	all.Go(func() { t.closes(bound, q, q.socket.name+"/stream", q.stream.Done()) })
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

// refusedAt uses the session at an edge until that refuses it.
func (t *town) refusedAt(ctx context.Context, q *quitter, edge int) {
	for ctx.Err() == nil {
		r := laws.Record{Client: q.socket.name, Op: laws.Use, Start: t.now(), Edge: t.urls[edge], Session: q.session}
		once, stop := context.WithTimeout(ctx, 2*time.Second)
		_, err := q.At(t.urls[edge]).Me(once)
		stop()
		switch client.CodeOf(err) {
		case "unauthenticated":
			r.Outcome = laws.Fail
			t.add(r)
			return
		case "":
			if err == nil {
				r.Outcome = laws.OK
				t.add(r)
			}
		}
		_ = pause(ctx, 100*time.Millisecond)
	}
}

// closes writes down when a connection ended.
func (t *town) closes(ctx context.Context, q *quitter, conn string, done <-chan struct{}) {
	t.add(laws.Record{Client: q.socket.name, Op: laws.Use, Start: t.now(), Outcome: laws.Info, Session: q.session, Conn: conn, Note: "is connected"})
	select {
	case <-done:
		t.add(laws.Record{Client: q.socket.name, Op: laws.Closed, Start: t.now(), Outcome: laws.OK, Session: q.session, Conn: conn})
	case <-ctx.Done():
	}
}

// stopped is closed when the client has no connection any more and will make
// none: its session has ended, or is not let in.
func (w *watched) stopped() <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			ctx, cancel := context.WithTimeout(context.Background(), lookEvery)
			s, err := w.Socket(ctx)
			cancel()
			if err != nil {
				return // no socket on which anything is subscribed
			}
			select {
			case <-s.Done():
			case <-w.done:
				return
			}
		}
	}()
	return done
}
