package edge

import (
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// standing is what a member may do, as of a revision of the room.
type standing struct {
	at    uint64
	role  chat.Role
	muted time.Time
}

// take sets a standing unless what is known is later.
func (s *standing) take(other standing) {
	if other.at >= s.at && other.role != "" {
		*s = other
	}
}

// settle takes the room's settings from a membership unless an event that was
// heard is later.
func (t *topic) settle(m chat.Membership) {
	t.room.ID, t.room.Created = t.scope, m.Room.Created
	if m.At >= t.roomAt {
		t.room.Kind, t.room.Name, t.room.RoomSettings, t.roomAt = m.Room.Kind, m.Room.Name, m.Room.RoomSettings, m.At
	}
}

// news is what was heard of a user between a question to the directory and its
// answer.
type news struct {
	left uint64 // the latest revision at which they left
	standing
}

// hear changes what is known of a user while somebody is coming.
func (t *topic) hear(user string, change func(*news)) {
	if t.coming == 0 {
		return
	}
	if t.news == nil {
		t.news = map[string]news{}
	}
	n := t.news[user]
	change(&n)
	t.news[user] = n
}

// changed takes what a room.changed or member.changed says, so that whoever
// posts through this edge is held to it from the event on. Events come in the
// room's order, but an answer of the directory may have told of this one already.
func (t *topic) changed(ev events.Event) {
	if ev.Version > events.Version {
		return
	}
	switch ev.Type {
	case events.RoomChanged:
		if data, err := events.DataOf[events.RoomChangedData](ev); err == nil && data.Rev >= t.roomAt {
			t.room.Kind, t.room.Name, t.roomAt = data.Kind, data.Name, data.Rev
			t.room.RoomSettings = chat.RoomSettings{Topic: data.Topic, Capacity: data.Capacity, Slow: data.Slow, Archived: data.Archived}
		}
	case events.MemberChanged:
		data, err := events.DataOf[events.MemberChangedData](ev)
		if err != nil {
			return
		}
		now := standing{data.Rev, chat.Role(data.Role), data.Muted}
		t.hear(data.User.ID, func(n *news) { n.take(now) })
		if m := t.members[data.User.ID]; m != nil {
			m.take(now)
		}
	}
}
