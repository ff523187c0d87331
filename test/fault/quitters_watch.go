package main

import (
	"context"
	"fmt"
	"time"

	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

// unheard marks an edge that had not refused at the bound. Where it gave no answer
// at all, the campaign neither shows I9 there nor refutes it.
const unheard = "never refused"

// refusedAt uses the session at an edge until that refuses it. An edge that
// has not done so at the bound is written down, too.
func (t *town) refusedAt(ctx context.Context, q *quitter, edge int) {
	let, silent := 0, 0
	start := t.now()
	for ctx.Err() == nil {
		r := laws.Record{Client: q.socket.name, Op: laws.Use, Start: t.now(), Edge: t.urls[edge], Session: q.session}
		once, stop := context.WithTimeout(ctx, 2*time.Second)
		_, err := q.At(t.urls[edge]).Me(once)
		stop()
		switch {
		case client.CodeOf(err) == "unauthenticated":
			r.Outcome = laws.Fail
			t.add(r)
			return
		case err == nil:
			let++
			r.Outcome = laws.OK
			t.add(r)
		default:
			silent++
		}
		_ = pause(ctx, 100*time.Millisecond)
	}
	t.add(laws.Record{Client: q.socket.name, Op: laws.Use, Start: start, Outcome: laws.Info, Edge: t.urls[edge], Session: q.session,
		Code: unheard, Note: fmt.Sprintf("let in %d times, without an answer %d times", let, silent)})
}

// connected says that a connection has to end.
func (t *town) connected(q *quitter, conn string) {
	t.add(laws.Record{Client: q.socket.name, Op: laws.Use, Start: t.now(), Outcome: laws.Info, Session: q.session, Conn: conn, Note: "is connected"})
}

func (t *town) disconnected(q *quitter, conn string, at int64) {
	t.add(laws.Record{Client: q.socket.name, Op: laws.Closed, Start: at, Outcome: laws.OK, Session: q.session, Conn: conn})
}

// streamEnds writes down when the stream, which nobody connects again, ended.
func (t *town) streamEnds(ctx context.Context, q *quitter) {
	conn := q.socket.name + "/stream"
	t.connected(q, conn)
	select {
	case <-q.stream.Done():
		t.disconnected(q, conn, t.now())
	case <-ctx.Done():
	}
}

// socketEnds writes down when the last socket ended. The client connects
// again, perhaps to an edge that has not heard of the logout: only its word
// that the session has ended is the end, or that it had no socket at the bound.
func (t *town) socketEnds(ctx context.Context, q *quitter) {
	t.connected(q, q.socket.conn)
	lost, over := lastLoss(ctx, t.now, func(ctx context.Context) (<-chan struct{}, error) {
		s, err := q.socket.Socket(ctx)
		if err != nil {
			return nil, err
		}
		return s.Done(), nil
	})
	if over {
		t.disconnected(q, q.socket.conn, lost)
	}
}

// lastLoss returns when the last of a client's connections was lost, once it
// has none and will have none; false if it has one when ctx ends. next waits
// for a connection and returns its end, or an error if none will come.
func lastLoss(ctx context.Context, now func() int64, next func(context.Context) (<-chan struct{}, error)) (lost int64, over bool) {
	for lost = now(); ; lost = now() {
		end, err := next(ctx)
		if err != nil { // the session has ended, or ctx has
			return lost, true
		}
		select {
		case <-end:
		case <-ctx.Done():
			return lost, false
		}
	}
}
