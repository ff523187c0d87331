package edge

import (
	"context"
	"slices"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// member is what a room's topic knows of a user who is in the room. It is
// learned from the directory at the first subscription and stays true because
// the topic hears every member.left and member.changed, in order, for as long
// as it is open.
type member struct {
	rev  uint64
	from uint64
	peer *events.Person
	standing
}

// maxMembers bounds what one topic remembers.
const maxMembers = 10_000

// learn remembers a membership that the directory has just confirmed, unless a
// leave that is later was heard meanwhile. Of two answers, and of an answer and
// an event, what is true of the later revision counts.
func (t *topic) learn(user string, m chat.Membership) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	news := t.news[user]
	if news.left > m.Rev {
		return false
	}
	if t.blind {
		return true // the answer may be older than the hole: whoever is asked about next is asked for again
	}
	t.settle(m)
	t.size = m.Room.Members
	if t.members == nil {
		t.members = map[string]*member{}
	}
	if len(t.members) >= maxMembers {
		clear(t.members) // likewise
	}
	known := t.members[user]
	if known == nil || known.rev < m.Rev {
		known = &member{rev: m.Rev}
		t.members[user] = known
	} else if known.rev > m.Rev {
		return true
	}
	known.from, known.peer = m.From, m.Room.Peer
	role := m.Role
	if m.Lent { // nothing that the topic hears would end it: see allowed
		role = chat.Plain
	}
	known.take(standing{m.At, role, m.Muted})
	known.take(news.standing)
	return true
}

// known returns what the topic knows of the user's membership.
func (t *topic) known(user string) (chat.Membership, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := t.members[user]
	if m == nil {
		return chat.Membership{}, false
	}
	room := t.room
	room.Peer = m.peer
	return chat.Membership{Room: room, Rev: m.rev, From: m.from, At: max(m.at, t.roomAt), Role: m.role, Muted: m.muted}, true
}

// expect begins the time in which news are remembered, because somebody asks
// the directory and then attaches: a leave between the two must not be missed.
func (t *topic) expect() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.coming++
}

// arrived ends it.
func (t *topic) arrived() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.coming--; t.coming == 0 {
		t.news, t.blind = nil, false
	}
}

// leave ends everything that the user has in this room here: they have been
// shown the leave itself and see nothing after it. A leave that is older than
// the membership is a late one and ends nothing.
func (t *topic) leave(l leaving) {
	t.hear(l.user, func(n *news) { n.left = max(n.left, l.rev) })
	if m := t.members[l.user]; m != nil && l.rev > m.rev {
		delete(t.members, l.user)
	}
	var ended []*subscription
	for i := range t.live {
		if s := t.live[i].sub; s.user == l.user && l.rev > s.rev {
			ended = append(ended, s)
		}
	}
	for _, s := range t.ahead {
		if s.user == l.user && l.rev > s.rev {
			ended = append(ended, s)
		}
	}
	for _, s := range ended {
		t.endLeft(s)
	}
}

// doubt asks the directory again about everybody who is attached, because a
// hole may have hidden their leaving. The lock is held.
func (t *topic) doubt() {
	users := map[string]bool{}
	for _, s := range t.attached() {
		users[s.user] = true
	}
	if t.follow != t.hub.rooms || len(users) == 0 {
		return
	}
	seats := make([]chat.Seat, 0, len(users))
	for user := range users {
		seats = append(seats, chat.Seat{User: user, Room: t.scope})
	}
	t.hub.start(func() {
		for some := range slices.Chunk(seats, askAtOnce) {
			t.verify(some)
		}
	})
}

// verify ends what these users have in this room unless the directory knows
// their membership. It asks until it is answered.
func (t *topic) verify(seats []chat.Seat) {
	for t.hub.base.Err() == nil {
		ctx, cancel := context.WithTimeout(t.hub.base, lookupTime)
		found, err := t.hub.edge.asker.memberships(ctx, framePatience, seats...)
		cancel()
		if err == nil {
			t.endUnless(seats, found)
			return
		}
		select {
		case <-time.After(replayPause):
		case <-t.hub.base.Done():
		}
	}
}

// endUnless ends every subscription of the seats whose membership is not among
// those found.
func (t *topic) endUnless(seats []chat.Seat, found map[chat.Seat]chat.Membership) {
	asked := make(map[string]bool, len(seats))
	for _, s := range seats {
		asked[s.User] = true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range t.attached() {
		m, member := found[chat.Seat{User: s.user, Room: t.scope}]
		if asked[s.user] && (!member || m.Rev != s.rev) {
			t.endLeft(s)
		}
	}
}

// endLeft tells the client that its user left, and ends the subscription.
func (t *topic) endLeft(s *subscription) {
	if t.drop(s) {
		s.to.send(t.codec.unsubscribed(endLeft))
		s.to.forget(s)
	}
}
