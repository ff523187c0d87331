package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

const (
	onceWithin   = 10 * time.Second // a client waits so long for an answer, then sends again
	settleWithin = 90 * time.Second // and repeats for so long
)

// settleWriters makes people who post: half of them over HTTP at all edges in
// turn, half over sockets, several posts in flight at once.
func (t *town) settleWriters(ctx context.Context, rng *dice, o options) error {
	pause := time.Duration(float64(time.Second) / o.rate)
	for i := range o.writers {
		p, err := t.member(ctx, fmt.Sprint("writer-", i), rng)
		if err != nil {
			return err
		}
		room, n := t.rooms[i%len(t.rooms)], 0
		t.fresh(p)
		if i%2 == 1 {
			t.settleSocket(p, room, pause)
			continue
		}
		// Each post is a goroutine of its own: a slow answer delays nobody.
		t.every(pause, p.rng, func() {
			n++
			w := t.words(p, room, n)
			edge := p.rng.IntN(len(t.urls))
			copies := t.copies(p.rng)
			t.running.Go(func() { t.say(p, w, edge, copies) })
		})
	}
	return nil
}

// words is a post with a key of its own.
type words struct{ room, key, text string }

// words says something new; now and then it mentions somebody.
func (t *town) words(p *person, room string, n int) words {
	w := words{room, chat.NewID(), fmt.Sprintf("%s says %d", p.name, n)}
	if len(t.names) > 0 && n%7 == 0 {
		w.text += " to @" + t.names[p.rng.IntN(len(t.names))]
	}
	return w
}

// copies is how often a post is sent: mostly once, sometimes up to five times
// over several edges, as by a nervous client; in a storm always five times.
func (t *town) copies(rng *dice) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.storm:
		return 5
	case rng.IntN(5) == 0:
		return 2 + rng.IntN(4)
	}
	return 1
}

// setStorm makes everybody send everything five times, or ends that.
func (t *town) setStorm(on bool) { t.mu.Lock(); defer t.mu.Unlock(); t.storm = on }

// say sends a post in so many copies at once, each until it is acknowledged.
func (t *town) say(p *person, w words, edge, copies int) {
	var all sync.WaitGroup
	for i := range copies {
		all.Go(func() { t.insist(p, w, edge+i, 1) })
	}
	all.Wait()
}

// insist sends a post, to one edge after another, until it has an answer: also
// past the end of the load, so that no outcome stays unknown.
func (t *town) insist(p *person, w words, edge, try int) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), settleWithin)
	defer cancel()
	for err := error(nil); ; try++ {
		if _, err = t.attempt(ctx, p, w, edge+try-1, try); err == nil {
			t.mu.Lock()
			t.posting++
			t.mu.Unlock()
			return true
		}
		if !client.Temporary(err) && client.CodeOf(err) != "unauthenticated" || pause(ctx, 100*time.Millisecond) != nil {
			t.mu.Lock()
			t.nobody = append(t.nobody, fmt.Sprintf("%q of %s was never acknowledged: %v", w.text, p.name, err))
			t.mu.Unlock()
			return false
		}
	}
}

// attempt posts once over HTTP.
func (t *town) attempt(ctx context.Context, p *person, w words, edge, try int) (client.Ack, error) {
	ctx, cancel := context.WithTimeout(ctx, onceWithin)
	defer cancel()
	c := p.at(t, edge)
	r := laws.Record{Client: p.name, Op: laws.Post, Start: t.now(), Edge: c.Edge, User: p.User().ID, Room: w.room, Key: w.key, Text: w.text, Try: try}
	ack, err := c.Post(ctx, w.room, w.key, w.text)
	r.Message, r.Seq = ack.Message, ack.Seq
	t.ended(r, err)
	return ack, err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
