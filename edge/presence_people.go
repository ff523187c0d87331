package edge

import (
	"context"
	"time"

	"github.com/natter-chat/natter/chat"
)

// stand is a chat.Standing in one byte.
type stand uint8

const (
	standOffline stand = iota
	standAway
	standHere
)

func standOf(is chat.Standing) stand {
	switch is {
	case chat.Here:
		return standHere
	case chat.Away:
		return standAway
	default:
		return standOffline
	}
}

func (s stand) standing() chat.Standing {
	return [...]chat.Standing{chat.Offline, chat.Away, chat.Here}[s]
}

// tally counts the edges on which a person is here, or away.
type tally struct{ here, away uint16 }

func (t tally) standing() chat.Standing {
	switch {
	case t.here > 0:
		return chat.Here
	case t.away > 0:
		return chat.Away
	default:
		return chat.Offline
	}
}

func (t *tally) add(s stand, by uint16) {
	switch s {
	case standHere:
		t.here += by
	case standAway:
		t.away += by
	}
}

// set makes the user stand so on one edge, and tells those who watch if that
// changes how they stand on all edges together. The lock is held.
func (p *presence) set(n *neighbour, user string, is chat.Standing, now time.Time) {
	was, s := n.people[user], standOf(is)
	if was == s {
		return
	}
	t := p.people[user]
	before := t.standing()
	t.add(was, ^uint16(0)) // one less
	t.add(s, 1)
	if s == standOffline {
		delete(n.people, user)
	} else {
		n.people[user] = s
	}
	after := t.standing()
	if after == chat.Offline {
		delete(p.people, user)
	} else {
		p.people[user] = t
	}
	if before != after {
		p.changed(user, before, after, now)
	}
}

// changed tells the rooms that are watched here. The lock is held.
func (p *presence) changed(user string, before, after chat.Standing, now time.Time) {
	p.metrics.changes.Inc()
	if before == chat.Offline && len(p.large) > 0 {
		p.strange[user] = struct{}{}
	}
	for _, c := range append([]*crowd(nil), p.in[user]...) {
		switch {
		case !c.isLarge:
			c.show(user, after, now)
		case after == chat.Offline:
			p.takeOut(c, user)
		default:
			c.moved = true
		}
	}
}

const (
	keepSeenEvery = 2 * time.Second
	maxSeen       = 100_000
)

// notice remembers that the user was last seen then, to be written down. The
// lock is held.
func (p *presence) notice(user string, at time.Time) {
	if len(p.seen) < maxSeen {
		p.seen[user] = at
	}
}

// keepSeen writes down when people were last seen, many at a time. What cannot
// be written is tried again.
func (p *presence) keepSeen(ctx context.Context) error {
	ticker := time.NewTicker(keepSeenEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.writeSeen(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepSeenEvery)
			defer cancel()
			p.mu.Lock()
			for user := range p.self.people {
				p.notice(user, time.Now())
			}
			p.mu.Unlock()
			p.writeSeen(last)
			return ctx.Err()
		}
	}
}

func (p *presence) writeSeen(ctx context.Context) {
	p.mu.Lock()
	seen := p.seen
	p.seen = map[string]time.Time{}
	p.mu.Unlock()
	if len(seen) == 0 {
		return
	}
	err := p.edge.Crowds.SaveSeen(ctx, seen)
	if err == nil {
		return
	}
	p.edge.Logger.Debug("when people were last seen could not be written; it will be tried again", "error", err)
	p.mu.Lock()
	defer p.mu.Unlock()
	for user, at := range seen {
		if _, newer := p.seen[user]; !newer {
			p.notice(user, at)
		}
	}
}

// addPresence fills in how the members stand, and when those who are not there
// were last seen.
func (e *Edge) addPresence(ctx context.Context, members []chat.Member) error {
	users := make([]string, len(members))
	for i := range members {
		users[i] = members[i].ID
	}
	var gone []string
	for i, is := range e.presence.standings(users) {
		members[i].Presence = is
		if is == chat.Offline {
			gone = append(gone, users[i])
		}
	}
	if len(gone) == 0 {
		return nil
	}
	seen, err := e.Crowds.Seen(ctx, gone)
	if err != nil {
		return err
	}
	for i := range members {
		if members[i].Presence == chat.Offline {
			members[i].Seen = seen[members[i].ID]
		}
	}
	return nil
}
