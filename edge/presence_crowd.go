package edge

import (
	"slices"
	"time"

	"github.com/natter-chat/natter/chat"
)

const (
	// namedMembers is how many members a room may have for its watchers to be
	// told of each; of a larger one they are told how many are there.
	namedMembers = 200
	// crowdLinger is how long a room stays known after its last watcher.
	crowdLinger = 10 * time.Second
)

// crowd is a room that somebody watches here: its members, with who of them is
// there. The topic's joins and leaves keep it true. presence.mu guards it.
type crowd struct {
	room  string
	ready chan struct{} // closed when the directory has answered
	err   error         // that it did not; set before ready is closed

	isLarge  bool
	rev      uint64               // the room's, up to which members is true
	members  map[string]time.Time // with when they were last seen; of a large room only those who are there
	asked    int                  // questions to the directory that are under way
	since    []turn               // what happened to members meanwhile
	n        uint64               // of the last presence that the watchers were told
	watchers []*subscription
	holds    int // who is about to watch
	idle     time.Time

	moved      bool // large: its counts may have changed since they were told
	told, away int  // large: the counts that were told
}

// turn is a member who came or went.
type turn struct {
	rev    uint64
	user   string
	joined bool
}

// show tells the watchers how a member stands now.
func (c *crowd) show(user string, is chat.Standing, now time.Time) {
	f := presenceFrame{Op: "presence", Room: c.room, User: user, State: is}
	if is == chat.Offline && !now.IsZero() {
		f.Seen = now.UTC().Truncate(time.Second)
		c.members[user] = f.Seen
	}
	c.tell(f)
}

func (c *crowd) tell(f presenceFrame) {
	c.n++
	if len(c.watchers) == 0 {
		return
	}
	f.N = c.n
	frame := encodeFrame(f)
	for _, s := range c.watchers {
		s.to.push(frame)
	}
}

// put makes the user a member. The lock is held.
func (p *presence) put(c *crowd, user string, seen time.Time) {
	stands := p.people[user].standing()
	if _, known := c.members[user]; known || c.isLarge && stands == chat.Offline {
		return
	}
	c.members[user] = seen
	p.in[user] = append(p.in[user], c)
	switch {
	case c.isLarge:
		c.moved = true
	case stands != chat.Offline:
		c.show(user, stands, time.Time{})
	}
	if !c.isLarge && len(c.members) > namedMembers {
		p.grow(c)
	}
}

// takeOut ends it. Whoever leaves a room is shown as offline in it. The lock is
// held.
func (p *presence) takeOut(c *crowd, user string) {
	if _, known := c.members[user]; !known {
		return
	}
	delete(c.members, user)
	p.unlink(c, user)
	switch {
	case c.isLarge:
		c.moved = true
	case p.people[user].standing() != chat.Offline:
		c.show0(user)
	}
}

// show0 tells the watchers that somebody is no member any more.
func (c *crowd) show0(user string) {
	c.tell(presenceFrame{Op: "presence", Room: c.room, User: user, State: chat.Offline})
}

func (p *presence) unlink(c *crowd, user string) {
	rest := slices.DeleteFunc(p.in[user], func(other *crowd) bool { return other == c })
	if len(rest) == 0 {
		delete(p.in, user)
		return
	}
	p.in[user] = rest
}

// grow makes the room a large one until nobody watches it any more: from now
// on it has counts. The lock is held.
func (p *presence) grow(c *crowd) {
	c.isLarge = true
	p.large[c] = struct{}{}
	for user := range c.members {
		if p.people[user].standing() == chat.Offline {
			delete(c.members, user)
			p.unlink(c, user)
		}
	}
	c.told, c.away = p.counts(c)
	c.n++
	for _, s := range c.watchers {
		s.to.push(encodeFrame(p.snapshot(c, 0)))
	}
}

// counts returns how many of a large room are here, and away.
func (p *presence) counts(c *crowd) (here, away int) {
	for user := range c.members {
		if p.people[user].standing() == chat.Here {
			here++
		} else {
			away++
		}
	}
	return here, away
}

// count tells large rooms' watchers the counts that have changed: once a second
// at most. The lock is held.
func (p *presence) count() {
	for c := range p.large {
		if !c.moved {
			continue
		}
		c.moved = false
		here, away := p.counts(c)
		if here != c.told || away != c.away {
			c.told, c.away = here, away
			c.tell(presenceFrame{Op: "presence", Room: c.room, Here: &here, Away: &away})
		}
	}
}

// snapshot is who is there now. The lock is held.
func (p *presence) snapshot(c *crowd, id uint64) presentFrame {
	f := presentFrame{Op: "present", ID: id, Room: c.room, N: c.n}
	if c.isLarge {
		here, away := c.told, c.away // what comes next continues these
		f.Here, f.Away = &here, &away
		return f
	}
	f.People = []presentPerson{}
	for user, seen := range c.members {
		if is := p.people[user].standing(); is != chat.Offline {
			f.People = append(f.People, presentPerson{User: user, State: is})
		} else if !seen.IsZero() {
			f.People = append(f.People, presentPerson{User: user, State: is, Seen: seen})
		}
	}
	return f
}

// watch answers s with who is there, and tells it whatever changes from then on:
// nothing happens between the two. The topic's lock is held, so that s ends no
// sooner than it begins.
func (p *presence) watch(s *subscription, c *crowd, id uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.crowd == nil {
		s.crowd, s.place = c, int32(len(c.watchers))
		c.watchers = append(c.watchers, s)
	}
	s.to.send(encodeFrame(p.snapshot(s.crowd, id)))
}

// unwatch ends it. The topic's lock is held.
func (p *presence) unwatch(s *subscription) {
	if p == nil || s.crowd == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c := s.crowd
	last := len(c.watchers) - 1
	c.watchers[s.place] = c.watchers[last]
	c.watchers[s.place].place = s.place
	c.watchers[last] = nil
	c.watchers = c.watchers[:last]
	s.crowd = nil
	c.idle = time.Now()
}
