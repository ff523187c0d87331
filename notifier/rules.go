package notifier

import (
	"fmt"
	"strings"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Kinds of notifications. They are part of the wire protocol: append-only. The
// kind of a notification hangs on the event and the person alone, never on what
// the person has chosen or read, so that its id is the same whenever it is made.
const (
	direct     = "direct"     // a message in a room of two
	reply      = "reply"      // a message that answers one of theirs
	mention    = "mention"    // a message that names them, or all
	message    = "message"    // any other, for whom they chose level all
	invitation = "invitation" // into a room
	role       = "role"       // they have another one in the room
)

// notify decides who must be told of the event at seq, given who is there. It is
// a pure function. Each person is told of an event once, and never of their own;
// of a message that they have read, by none. An error means that the event names
// somebody who cannot exist.
//
// Types and versions that it does not know cause nothing.
func notify(ev events.Event, seq uint64, here present) ([]events.Event, error) {
	if ev.Version > events.Version {
		return nil, nil
	}
	switch ev.Type {
	case events.MessagePosted:
		return ofMessage(ev, seq, here)
	case events.MessageEdited:
		return ofEdit(ev, seq, here)
	case events.MemberInvited:
		return ofInvitation(ev, seq)
	case events.MemberChanged:
		return ofRole(ev, seq)
	default:
		return nil, nil
	}
}

// ofMessage tells the other person of a direct room, whom the message answers or
// mentions, and who wants to hear everything, in that order.
func ofMessage(ev events.Event, seq uint64, here present) ([]events.Event, error) {
	if len(here.in(ev.Scope)) == 0 && events.NamesNobody(ev.Data) {
		return nil, nil
	}
	data, err := events.DataOf[events.MessagePostedData](ev)
	if err != nil {
		return nil, err
	}
	if n := len(data.Mentions); n > chat.MaxMentions+chat.MaxHere {
		return nil, fmt.Errorf("message %s mentions %d people, %d are allowed", ev.ID, n, chat.MaxMentions+chat.MaxHere)
	}
	out := newMail(ev, events.NotifiedData{Room: ev.Scope, Name: data.Room, Source: ev.ID, Seq: seq})
	answered := ""
	if out.names(data.Mentions...); data.Reply != nil {
		out.names(data.Reply.User)
		answered = data.Reply.User.ID
	}
	pointed := func(user string) bool {
		return user == answered || chat.MentionsReader(user, data.Crowd, data.Mentions)
	}
	tell := func(user, kind string) {
		if l, is := here.of(ev.Scope, user); is && l.From <= seq && l.Read < seq && l.Level.Tells(pointed(user)) {
			out.to(l.User, kind)
		}
	}
	if data.Direct != nil { // of the two, one posted: all else would be the same person again
		out.names(*data.Direct)
		tell(data.Direct.ID, direct)
		return out.done()
	}
	if answered != "" {
		tell(answered, reply)
	}
	for _, person := range data.Mentions {
		tell(person.ID, mention)
	}
	for _, l := range here.in(ev.Scope) {
		if data.Crowd == chat.CrowdRoom {
			tell(l.User.ID, mention)
		} else if l.Level == chat.LevelAll {
			tell(l.User.ID, message)
		}
	}
	return out.done()
}

// ofEdit tells whom the message did not mention before. They may have read it:
// it is the edit that they have not seen.
func ofEdit(ev events.Event, seq uint64, here present) ([]events.Event, error) {
	data, err := events.DataOf[events.MessageEditedData](ev)
	if err != nil {
		return nil, err
	}
	if n := len(data.Added); n > chat.MaxMentions {
		return nil, fmt.Errorf("edit %s adds %d people, %d are allowed", ev.ID, n, chat.MaxMentions)
	}
	out := newMail(ev, events.NotifiedData{Room: ev.Scope, Name: data.Room, Source: ev.ID, Seq: seq, Message: data.Seq})
	out.names(data.Added...)
	for _, person := range data.Added {
		if l, is := here.of(ev.Scope, person.ID); is && l.From <= data.Seq && l.Read < seq && l.Level.Tells(true) {
			out.to(l.User, mention)
		}
	}
	return out.done()
}

// ofInvitation tells the invited person.
func ofInvitation(ev events.Event, seq uint64) ([]events.Event, error) {
	data, err := events.DataOf[events.MemberInvitedData](ev)
	if err != nil {
		return nil, err
	}
	out := newMail(ev, events.NotifiedData{Room: ev.Scope, Name: data.Room, Source: ev.ID, Seq: seq})
	out.names(data.User)
	out.to(data.User, invitation)
	return out.done()
}

// ofRole tells whoever has another role now.
func ofRole(ev events.Event, seq uint64) ([]events.Event, error) {
	data, err := events.DataOf[events.MemberChangedData](ev)
	if err != nil || data.Was == "" {
		return nil, err
	}
	out := newMail(ev, events.NotifiedData{Room: ev.Scope, Name: data.Room, Source: ev.ID, Seq: seq, Role: data.Role})
	out.names(data.User)
	out.to(data.User, role)
	return out.done()
}

// mail collects the notifications that one event causes.
type mail struct {
	cause  events.Event
	data   events.NotifiedData
	told   map[string]bool
	events []events.Event
	err    error
}

func newMail(cause events.Event, data events.NotifiedData) *mail {
	m := &mail{cause: cause, data: data, told: map[string]bool{cause.Actor.ID: true}}
	if strings.ContainsRune(data.Name+cause.Actor.Name, 0) {
		m.err = fmt.Errorf("%s %s holds a NUL, which no table takes", cause.Type, cause.ID)
	}
	return m
}

// names checks that the people whom the event names can exist.
func (m *mail) names(people ...events.Person) {
	for _, person := range people {
		if !events.IsID(person.ID) {
			m.err = fmt.Errorf("%s %s names %q, which is no person's id", m.cause.Type, m.cause.ID, person.ID)
		}
	}
}

// to adds a notification, unless the person knows already: they caused the
// event or have been told of it; or chat.MaxTold have been.
func (m *mail) to(person events.Person, kind string) {
	if m.told[person.ID] || len(m.events) >= chat.MaxTold {
		return
	}
	m.told[person.ID] = true
	data := m.data
	data.Kind = kind
	id := chat.NotificationID(person.ID, m.cause.ID, kind)
	ev := events.New(events.Notified, id, person.ID, m.cause.Actor, m.cause.Time, data)
	ev.Trace = m.cause.Trace
	m.events = append(m.events, ev)
}

func (m *mail) done() ([]events.Event, error) {
	if m.err != nil {
		return nil, m.err
	}
	return m.events, nil
}
