package edge

import (
	"context"
	"slices"
	"time"
)

const (
	watchTime   = 10 * time.Second // for what one watch frame asks of the directory
	crowdsAsked = 100              // rooms in one question
	amongAsked  = 2000             // people in one question
	maxTurns    = 10_000           // of one room while it is asked about
)

// open returns the crowds of the rooms, asking the directory for those that are
// not watched yet in as few questions as can be. The topics of the rooms are
// open: what happens from now on is heard. The caller lets go of them.
func (p *presence) open(ctx context.Context, rooms []string) (map[string]*crowd, error) {
	ctx, cancel := context.WithTimeout(ctx, watchTime)
	defer cancel()
	select {
	case <-p.settled:
	case <-time.After(settleWithin):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	all := make(map[string]*crowd, len(rooms))
	var fresh []*crowd
	p.mu.Lock()
	for _, room := range rooms {
		c := p.crowds[room]
		if c == nil {
			c = &crowd{room: room, ready: make(chan struct{}), members: map[string]time.Time{}, asked: 1}
			p.crowds[room] = c
			fresh = append(fresh, c)
		}
		c.holds++
		all[room] = c
	}
	p.mu.Unlock()
	for some := range slices.Chunk(fresh, crowdsAsked) {
		p.opened(some, p.ask(ctx, some))
	}
	for _, c := range all {
		select {
		case <-c.ready:
		case <-ctx.Done():
			p.letGo(all)
			return nil, ctx.Err()
		}
	}
	return all, nil
}

// letGo ends open's holds.
func (p *presence) letGo(all map[string]*crowd) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	for _, c := range all {
		c.holds--
		c.idle = now
	}
}

// opened ends the first question about the crowds: whoever waits for them may go
// on, and after an error the next one asks again. The same error is everybody's.
func (p *presence) opened(fresh []*crowd, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range fresh {
		if c.err == nil {
			c.err = err
		}
		if c.err != nil {
			p.forget(c)
		}
		close(c.ready)
	}
}

// closeIdle forgets rooms that nobody has watched for a while. Their topics are
// open for longer than that. The lock is held.
func (p *presence) closeIdle(now time.Time) {
	for _, c := range p.crowds {
		if len(c.watchers) == 0 && c.holds == 0 && c.asked == 0 && now.Sub(c.idle) > crowdLinger {
			p.forget(c)
		}
	}
}

// forget takes the crowd out of everything. The lock is held.
func (p *presence) forget(c *crowd) {
	if p.crowds[c.room] != c {
		return
	}
	delete(p.crowds, c.room)
	delete(p.large, c)
	for user := range c.members {
		p.unlink(c, user)
	}
}
