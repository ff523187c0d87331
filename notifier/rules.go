package notifier

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Kinds of notifications. They are part of the wire protocol: append-only.
const (
	mention    = "mention"
	direct     = "direct"
	invitation = "invitation"
)

// maxExcerpt is how many runes of a message a notification shows.
const maxExcerpt = 140

// notify decides who must be told of the event at seq. It is a pure function:
// whoever asks again gets the same notifications, with the same ids, times and
// traces. Each person is told of an event once, and never of their own.
// An error means that the event names somebody who cannot exist.
//
// Types and versions that it does not know cause nothing.
func notify(ev events.Event, seq uint64) ([]events.Event, error) {
	if ev.Version > events.Version {
		return nil, nil
	}
	switch ev.Type {
	case events.MessagePosted:
		return ofMessage(ev, seq)
	case events.MemberInvited:
		return ofInvitation(ev, seq)
	default:
		return nil, nil
	}
}

// ofMessage tells the other person of a direct room, and whom a message in any
// other room mentions. Most messages have neither, which shows without decoding
// them once more.
func ofMessage(ev events.Event, seq uint64) ([]events.Event, error) {
	if events.NamesNobody(ev.Data) {
		return nil, nil
	}
	data, err := events.DataOf[events.MessagePostedData](ev)
	if err != nil {
		return nil, err
	}
	if len(data.Mentions) > chat.MaxMentions {
		return nil, fmt.Errorf("message %s mentions %d people, %d are allowed", ev.ID, len(data.Mentions), chat.MaxMentions)
	}
	out := newMail(ev, events.NotifiedData{Room: ev.Scope, Name: data.Room, Source: ev.ID, Seq: seq, Text: excerpt(data.Text)})
	if data.Direct != nil { // first: it stands for a mention in the same message
		out.to(*data.Direct, direct)
	}
	for _, person := range data.Mentions {
		out.to(person, mention)
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
	out.to(data.User, invitation)
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
	if strings.ContainsRune(data.Name+data.Text+cause.Actor.Name, 0) {
		m.err = fmt.Errorf("%s %s holds a NUL, which no table takes", cause.Type, cause.ID)
	}
	return m
}

// to adds a notification, unless the person knows already: they caused the
// event or have been told of it.
func (m *mail) to(person events.Person, kind string) {
	if !events.IsID(person.ID) {
		m.err = fmt.Errorf("%s %s names %q, which is no person's id", m.cause.Type, m.cause.ID, person.ID)
		return
	}
	if m.told[person.ID] {
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

// excerpt returns at most maxExcerpt runes of text; the last says that there
// is more.
func excerpt(text string) string {
	if utf8.RuneCountInString(text) <= maxExcerpt {
		return text
	}
	return string([]rune(text)[:maxExcerpt-1]) + "…"
}
