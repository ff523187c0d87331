package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/cluster"
)

// town is the people of a campaign and what they do until it is over.
type town struct {
	*history
	urls  []string // of the edges
	rooms []string // in which all talk
	names []string // of those who are mentioned

	ctx     context.Context // ends with the load
	stop    context.CancelFunc
	running sync.WaitGroup // of everybody

	people   []*person
	lives    []*watched // connected until the end
	bells    []*bell
	hermits  []*hermit
	shop     workshop
	quitters chan *quitter // logged in, to be logged out
	probe    *probe

	mu      sync.Mutex
	storm   bool     // everything is sent five times
	wrong   []string // what cannot be said as a record: promises that a client's journal saw broken
	nobody  []string // posts that were never settled
	posting int      // posts that were acknowledged
}

const password = "correct horse battery"

// person is one login, with a home edge where its cookie belongs.
type person struct {
	*client.Client
	name string
	home int
	rng  *dice
}

// at returns the login at an edge.
func (p *person) at(t *town, edge int) *client.Client { return p.At(t.urls[edge%len(t.urls)]) }

// newTown signs everybody up. The cluster must be whole.
func newTown(ctx context.Context, c *cluster.Cluster, h *history, o options) (*town, error) {
	t := &town{history: h, quitters: make(chan *quitter, 64)}
	t.ctx, t.stop = context.WithCancel(context.WithoutCancel(ctx))
	for _, e := range c.Edges {
		t.urls = append(t.urls, e.URL)
	}
	rng := newDice(o.seed)
	founder, err := t.person(ctx, "founder", rng)
	if err != nil {
		return nil, err
	}
	for i := range 3 {
		room, err := founder.CreateRoom(ctx, chat.Public, fmt.Sprintf("room %d", i), chat.NewID())
		if err != nil {
			return nil, err
		}
		t.rooms = append(t.rooms, room.ID)
	}
	for _, settle := range []func(context.Context, *dice, options) error{
		t.settleBells, t.settleReaders, t.settleWanderers, t.settleProbe, t.settleQuitters, t.settleRedeemer, t.settleWriters, t.settleGuests, t.settleMenders, t.settleHermits} {
		if err := settle(ctx, rng, o); err != nil {
			t.leave()
			return nil, err
		}
	}
	return t, nil
}

// person signs somebody up, at any edge.
func (t *town) person(ctx context.Context, name string, rng *dice) (*person, error) {
	p := &person{name: name, home: rng.IntN(len(t.urls)), rng: newDice(rng.Uint64())}
	p.Client = client.New(t.urls[p.home])
	err := client.Retry(ctx, func() error { return p.Signup(ctx, name, password) })
	if err != nil {
		return nil, fmt.Errorf("sign %s up: %w", name, err)
	}
	t.people = append(t.people, p)
	return p, nil
}

// member signs somebody up who joins all rooms.
func (t *town) member(ctx context.Context, name string, rng *dice) (*person, error) {
	p, err := t.person(ctx, name, rng)
	if err != nil {
		return nil, err
	}
	for _, room := range t.rooms {
		if err := client.Retry(ctx, func() error { return p.Join(ctx, room) }); err != nil {
			return nil, fmt.Errorf("%s joins: %w", name, err)
		}
	}
	return p, nil
}

// every calls do again and again until the load ends, about once in pause.
func (t *town) every(pause time.Duration, rng *dice, do func()) {
	t.running.Go(func() {
		for {
			timer := time.NewTimer(pause/2 + time.Duration(rng.Int64N(int64(pause))))
			select {
			case <-t.ctx.Done():
				timer.Stop()
				return
			case <-timer.C:
				do()
			}
		}
	})
}

// fresh keeps a login's token alive, at the edge that set its cookie.
func (t *town) fresh(p *person) {
	t.every(20*time.Second, p.rng, func() {
		if time.Until(p.Expires()) < 2*time.Minute {
			ctx, cancel := context.WithTimeout(t.ctx, 5*time.Second)
			defer cancel()
			_ = p.Refresh(ctx) // again in 20 s
		}
	})
}

// broken notes a promise that was seen broken outside the history.
func (t *town) broken(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wrong = append(t.wrong, fmt.Sprintf(format, args...))
}

// acked counts the posts that were acknowledged.
func (t *town) acked() int { t.mu.Lock(); defer t.mu.Unlock(); return t.posting }

// leave ends everything that the town runs, at once.
func (t *town) leave() {
	t.stop()
	t.running.Wait()
	for _, h := range t.hermits {
		h.cancel()
		<-h.done
	}
	for _, l := range t.lives {
		l.end(t)
	}
	for _, b := range t.bells {
		b.end(t)
	}
	for len(t.quitters) > 0 {
		q := <-t.quitters
		q.stream.Cut()
		q.socket.end(t)
	}
}
