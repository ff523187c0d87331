package edge

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/natter-chat/natter/chat"
)

// ask brings crowds up to what the directory knows: all members of small rooms,
// and of large ones those who are there. Each crowd's asked counts the question,
// from before it was asked: whatever the topic hears from then on is kept, and
// done again on top of the answer where it is later.
func (p *presence) ask(ctx context.Context, crowds []*crowd) error {
	rooms := make([]string, len(crowds))
	for i, c := range crowds {
		rooms[i] = c.room
	}
	p.metrics.asked.Inc()
	found, err := p.edge.Crowds.CrowdsOf(ctx, rooms, namedMembers)
	var large []*crowd
	p.mu.Lock()
	for _, c := range crowds {
		is, ok := found[c.room]
		switch {
		case err != nil:
		case !ok:
			c.err = notFound()
		case is.Size > namedMembers || c.isLarge:
			p.empty(c)
			large = append(large, c)
			continue
		default:
			p.fill(c, is)
		}
		p.answered(c)
	}
	users := slices.Collect(maps.Keys(p.people)) // whoever comes later is strange
	p.mu.Unlock()
	if len(large) == 0 {
		return err
	}
	return p.askAmong(ctx, large, users)
}

// askAmong asks which of the users are in these large rooms.
func (p *presence) askAmong(ctx context.Context, large []*crowd, users []string) error {
	rooms := make([]string, len(large))
	for i, c := range large {
		rooms[i] = c.room
	}
	var err error
	for some := range slices.Chunk(users, amongAsked) {
		var found map[string]chat.Crowd
		p.metrics.asked.Inc()
		if found, err = p.edge.Crowds.CrowdsAmong(ctx, rooms, some); err != nil {
			break
		}
		p.mu.Lock()
		for _, c := range large {
			p.fill(c, found[c.room])
		}
		p.mu.Unlock()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range large {
		p.answered(c)
	}
	return err
}

// fill puts an answer into the crowd, and then what happened since. Of a large
// room it is about some people only: what the topic hears of the others counts,
// however old it is by then. The lock is held.
func (p *presence) fill(c *crowd, is chat.Crowd) {
	if p.crowds[c.room] != c {
		return // nobody watches it any more
	}
	if !c.isLarge {
		for user := range maps.Clone(c.members) {
			if _, still := is.Members[user]; !still {
				p.takeOut(c, user)
			}
		}
	}
	for user, seen := range is.Members {
		p.put(c, user, seen)
		if had, ok := c.members[user]; ok && seen.After(had) {
			c.members[user] = seen
		}
	}
	if !c.isLarge {
		c.rev = max(c.rev, is.Rev)
	}
	for _, t := range c.since {
		if t.rev > is.Rev {
			p.turn(c, t)
		}
	}
}

// answered ends a question. The lock is held.
func (p *presence) answered(c *crowd) {
	if c.asked--; c.asked == 0 {
		c.since = nil
	}
}

// empty makes the crowd a large one of which nothing is known. The lock is held.
func (p *presence) empty(c *crowd) {
	if p.crowds[c.room] != c {
		return
	}
	c.isLarge, c.moved = true, true
	p.large[c] = struct{}{}
	for user := range c.members {
		p.unlink(c, user)
	}
	clear(c.members)
}

func (p *presence) turn(c *crowd, t turn) {
	if t.joined {
		p.put(c, t.user, time.Time{})
	} else {
		p.takeOut(c, t.user)
	}
}

// turned is told by a room's topic, in the room's order, who came or went.
func (p *presence) turned(room string, t turn) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.crowds[room]
	if c == nil || t.rev <= c.rev {
		return
	}
	c.rev = t.rev
	if c.asked > 0 && len(c.since) < maxTurns {
		c.since = append(c.since, t)
	}
	p.turn(c, t)
}

// doubt asks again for a room's members: a hole may have hidden some who came
// or went.
func (p *presence) doubt(room string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.crowds[room]
	if c == nil {
		return
	}
	c.asked++
	if !p.start(func(ctx context.Context) { p.askUntil(ctx, c) }) {
		p.answered(c)
	}
}

// askUntil asks until it is answered, or nobody watches any more.
func (p *presence) askUntil(ctx context.Context, c *crowd) {
	for ctx.Err() == nil {
		if p.ask(ctx, []*crowd{c}) == nil {
			return
		}
		p.mu.Lock()
		over := len(c.watchers) == 0 && c.holds == 0
		if !over {
			c.asked++
		}
		p.mu.Unlock()
		if over {
			return
		}
		select {
		case <-time.After(replayPause):
		case <-ctx.Done():
		}
	}
}

// askStrangers asks which large rooms those are in who have come since the last
// time. The lock is held.
func (p *presence) askStrangers() {
	if len(p.large) == 0 {
		clear(p.strange)
	}
	if p.asking || len(p.strange) == 0 {
		return
	}
	users, large := slices.Collect(maps.Keys(p.strange)), slices.Collect(maps.Keys(p.large))
	clear(p.strange)
	for _, c := range large {
		c.asked++
	}
	p.asking = p.start(func(ctx context.Context) {
		err := p.askAmong(ctx, large, users)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asking = false
		for _, user := range users {
			if err != nil {
				p.strange[user] = struct{}{}
			}
		}
	})
}
