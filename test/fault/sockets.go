package main

import (
	"context"
	"fmt"
	"time"

	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

// inFlight is how many posts a socket writer sends before it waits for answers.
const inFlight = 3

// settleSocket makes somebody post over a socket of their own, several posts at
// once, which must be logged in the order sent. What a lost socket leaves
// unanswered is repeated over HTTP.
func (t *town) settleSocket(p *person, room string, every time.Duration) {
	w := &socketWriter{town: t, person: p, room: room}
	t.running.Go(func() {
		defer w.close()
		ticker := time.NewTicker(inFlight * every)
		defer ticker.Stop()
		for {
			select {
			case <-t.ctx.Done():
				return
			case <-ticker.C:
				w.burst()
			}
		}
	})
}

type socketWriter struct {
	*town
	*person
	room   string
	socket *client.Socket
	conns  int // sockets so far
	n      int // posts so far
}

func (w *socketWriter) close() {
	if w.socket != nil {
		w.socket.Cut()
		w.socket = nil
	}
}

// open connects to the next edge. It follows the room, as who writes in it
// does: the edge then knows the membership without the database.
func (w *socketWriter) open(ctx context.Context) error {
	if w.socket != nil {
		select {
		case <-w.socket.Done():
			w.socket = nil
		default:
			return nil
		}
	}
	w.conns++
	s, err := client.Dial(ctx, w.urls[(w.home+w.conns)%len(w.urls)], client.DialOptions{})
	if err != nil {
		return err
	}
	if _, err = s.Auth(ctx, w.Token()); err == nil {
		_, err = s.Subscribe(ctx, w.room, "")
	}
	if err != nil {
		s.Cut()
		return err
	}
	w.socket = s
	return nil
}

// burst sends a few posts at once and settles each.
func (w *socketWriter) burst() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), onceWithin)
	defer cancel()
	if w.open(ctx) != nil {
		return // at the next tick
	}
	conn := fmt.Sprintf("%s/%d", w.name, w.conns)
	type sent struct {
		words
		record  laws.Record
		pending *client.Pending
		err     error
	}
	var all []sent
	for range inFlight {
		w.n++
		s := sent{words: w.words(w.person, w.room, w.n)}
		s.record = laws.Record{Client: w.name, Op: laws.Post, Start: w.now(), Edge: w.urls[(w.home+w.conns)%len(w.urls)], User: w.User().ID,
			Room: w.room, Key: s.key, Text: s.text, Try: 1, Conn: conn}
		s.pending, s.err = w.socket.StartPost(s.room, s.key, s.text)
		all = append(all, s)
	}
	for _, s := range all {
		var f client.Frame
		if s.err == nil {
			f, s.err = s.pending.Next(ctx)
		}
		if s.err != nil && client.CodeOf(s.err) == "" {
			w.close() // lost, or silent for too long
		}
		s.record.Message, s.record.Seq = f.Message, f.Seq
		w.ended(s.record, s.err)
		switch {
		case s.err == nil:
			w.mu.Lock()
			w.posting++
			w.mu.Unlock()
		default:
			w.running.Go(func() { w.insist(w.person, s.words, w.conns, 2) })
		}
	}
}
