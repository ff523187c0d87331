package edge

import (
	"encoding/json"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

const (
	typingEvery = 2 // seconds between two of one connection in one room that count
	// typingCrowd is how many may be shown as typing in typingEvery seconds in
	// one room, each of whom costs a frame for everybody.
	typingCrowd = 5
)

// typingWord is what edges say of somebody who types.
type typingWord struct {
	User string `json:"user"`
}

// typing tells the others who follow the room that the client's user types.
// Nothing is kept, and what is lost is lost: the next one comes soon.
func (c *conn) typing(f typeFrame) error {
	if err := chat.CheckID("room", f.Room); err != nil {
		return err
	}
	sub := c.subs.of(f.Room)
	if sub == nil {
		return c.refuseIn(f.ID, f.Room, notFound())
	}
	if m, ok := sub.topic.known(c.who.User.ID); ok && mayPost(m, c.hub.edge.Now()) != nil {
		return nil // who may not post does not type: muted, an archive, announcements
	}
	if sub.topic.mayType(sub) {
		body, _ := json.Marshal(typingWord{User: c.who.User.ID})
		_ = c.hub.edge.presence.talk.Say(events.Typing.Subject(f.Room), body)
	}
	return nil
}

func (c *conn) refuseIn(id uint64, room string, err error) error {
	c.refuse(id, room, err)
	return nil
}

// mayType reports whether s is attached and has not typed just now.
func (t *topic) mayType(s *subscription) bool {
	now := t.hub.clock.Load() + 1
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.state != subLive && s.state != subAhead || s.typed != 0 && now-s.typed < typingEvery {
		return false
	}
	s.typed = now
	return true
}

// typed takes what an edge said of somebody who types in a room.
func (h *hub) typed(room string, body []byte) {
	var w typingWord
	if json.Unmarshal(body, &w) != nil || !events.IsID(w.User) {
		return
	}
	h.mu.RLock()
	t := h.topics[h.rooms.stream.Subject(room)]
	h.mu.RUnlock()
	if t != nil {
		t.showTyping(w.User)
	}
}

// showTyping tells everybody who is attached, except the one who types.
func (t *topic) showTyping(user string) {
	frame := encodeFrame(typingFrame{Op: "typing", Room: t.scope, User: user})
	now := t.hub.clock.Load()
	t.mu.Lock()
	defer t.mu.Unlock()
	if now-t.typingFrom >= typingEvery {
		t.typingFrom, t.typers = now, 0
	}
	if t.typers++; t.typers > typingCrowd {
		return
	}
	for i := range t.live {
		if t.live[i].sub.user != user {
			t.live[i].to.push(frame)
		}
	}
	for _, s := range t.ahead {
		if s.user != user {
			s.to.send(frame)
		}
	}
}
