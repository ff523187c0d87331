package edge

import (
	"context"
	"maps"
	"time"

	"github.com/natter-chat/natter/chat"
)

const (
	maxEdges = 1000 // that one edge believes to exist
	maxHeld  = 256  // words that wait for an edge's roll
)

// neighbour is an edge as this one knows it, itself included.
type neighbour struct {
	id     string
	n      uint64           // of the last word that was applied
	people map[string]stand // who is connected there
	heard  time.Time        // when it last spoke; now plus something while it takes its leave

	syncing bool           // its roll is on its way
	held    []presenceWord // what it said meanwhile
	spilled bool           // not all of that could be held
}

func newNeighbour(id string) *neighbour { return &neighbour{id: id, people: map[string]stand{}} }

// heard takes what another edge said. Words are applied in the order of their
// numbers; where one is missing, the edge is asked for everybody.
func (p *presence) heard(id string, w presenceWord, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.Hello {
		p.beat = time.Time{} // it wants to know
	}
	n := p.edges[id]
	if n == nil {
		if w.Bye || len(p.edges) >= maxEdges {
			return
		}
		n = newNeighbour(id)
		p.edges[id] = n
		n.heard = now
		p.sync(n)
		return
	}
	n.heard = now
	if w.Bye {
		n.heard = now.Add(goneAfter - lease) // its people are on their way to another
	}
	switch {
	case n.syncing && w.size() > 0:
		n.hold(w)
	case n.syncing:
	case w.size() > 0 && w.N == n.n+1:
		p.apply(n, w, now)
	case w.N > n.n:
		p.metrics.holes.Inc()
		p.sync(n)
	}
}

// hold keeps a word until the roll is there.
func (n *neighbour) hold(w presenceWord) {
	if len(n.held) >= maxHeld {
		n.spilled = true
		return
	}
	n.held = append(n.held, w)
}

// sync asks the edge for all of its people. Until the answer is there, what is
// known of them stands. The lock is held.
func (p *presence) sync(n *neighbour) {
	n.syncing, n.held, n.spilled = true, nil, false
	started := p.start(func(ctx context.Context) {
		all, err := p.call(ctx, n.id)
		if err != nil && ctx.Err() == nil {
			p.edge.Logger.Debug("an edge did not say who is there; it is asked again", "edge", n.id, "error", err)
		}
		p.synced(n, all, err)
	})
	if !started {
		n.syncing = false
	}
}

// synced applies a roll and what was said after it. If the roll did not come, the
// edge's next word or sign of life asks again.
func (p *presence) synced(n *neighbour, all presenceWord, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	held := n.held
	n.syncing, n.held = false, nil
	if p.edges[n.id] != n {
		return // it was given up meanwhile
	}
	if err != nil {
		n.n = 0
		return
	}
	now := time.Now()
	gone := maps.Clone(n.people)
	for _, user := range all.Here {
		delete(gone, user)
	}
	for _, user := range all.Away {
		delete(gone, user)
	}
	for user := range gone {
		all.Gone = append(all.Gone, user)
	}
	p.apply(n, all, now)
	for _, w := range held {
		if w.N == n.n+1 {
			p.apply(n, w, now)
		}
	}
	if n.spilled || len(held) > 0 && held[len(held)-1].N > n.n {
		p.sync(n)
	}
}

// apply makes true what an edge said. The lock is held.
func (p *presence) apply(n *neighbour, w presenceWord, now time.Time) {
	n.n = w.N
	for _, user := range w.Here {
		p.set(n, user, chat.Here, now)
	}
	for _, user := range w.Away {
		p.set(n, user, chat.Away, now)
	}
	for _, user := range w.Gone {
		p.set(n, user, chat.Offline, now)
	}
}

// expired takes out the edges whose lease has ended.
func (p *presence) expired(now time.Time) (dead []*neighbour) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, n := range p.edges {
		if now.Sub(n.heard) > lease {
			delete(p.edges, id)
			dead = append(dead, n)
		}
	}
	return dead
}

// dropAtOnce is how many people go while the lock is held once.
const dropAtOnce = 500

// drop ends the presence of an edge's people. It was taken out already: if it
// comes back it is another.
func (p *presence) drop(n *neighbour, now time.Time) {
	p.edge.Logger.Info("an edge is gone: its people are offline unless they are connected elsewhere", "edge", n.id, "people", len(n.people))
	p.metrics.dropped.Inc()
	p.mu.Lock()
	defer p.mu.Unlock()
	notices := p.notices()
	last := 0
	for user := range n.people {
		p.set(n, user, chat.Offline, n.heard)
		if notices {
			p.notice(user, n.heard)
		}
		if last++; last%dropAtOnce == 0 {
			p.mu.Unlock()
			p.mu.Lock()
		}
	}
}

// notices reports whether this edge writes down when the people of a dead one
// were last seen: the one with the smallest id does. That two edges may differ
// about which that is does no harm. The lock is held.
func (p *presence) notices() bool {
	for id := range p.edges {
		if id < p.id {
			return false
		}
	}
	return true
}
