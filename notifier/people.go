package notifier

import (
	"context"
	"slices"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// People knows who is in a room, what they want to be told of it and how far
// they have read it. It is asked once for each batch of entries; while it cannot
// answer, the notifier waits: nobody is told by guess, and nothing is given up.
type People interface {
	// Listeners returns the members whom each audience asks for, as of one
	// moment, not before the call. Others are absent.
	Listeners(ctx context.Context, asked []chat.Audience) ([]chat.Listener, error)
}

// present are the members that were asked for, by room.
type present map[string]*roomful

// roomful are the members of a room that were asked for.
type roomful struct {
	all    []chat.Listener // in the order in which they are told
	byUser map[string]chat.Listener
}

// who asks the people whom the events may concern.
func who(ctx context.Context, people People, evs []events.Event) (present, error) {
	byRoom := map[string]*chat.Audience{}
	for _, ev := range evs {
		named, crowd, said := addressed(ev)
		if !said {
			continue
		}
		a := byRoom[ev.Scope]
		if a == nil {
			a = &chat.Audience{Room: ev.Scope}
			byRoom[ev.Scope] = a
		}
		a.Named, a.Crowd = append(a.Named, named...), a.Crowd || crowd
	}
	if len(byRoom) == 0 {
		return nil, nil
	}
	asked := make([]chat.Audience, 0, len(byRoom))
	for _, a := range byRoom {
		slices.Sort(a.Named)
		a.Named = slices.Compact(a.Named)
		asked = append(asked, *a)
	}
	found, err := people.Listeners(ctx, asked)
	if err != nil {
		return nil, err
	}
	here := present{}
	for _, l := range found {
		room := here[l.Room]
		if room == nil {
			room = &roomful{byUser: map[string]chat.Listener{}}
			here[l.Room] = room
		}
		room.all, room.byUser[l.User.ID] = append(room.all, l), l
	}
	return here, nil
}

// addressed returns whom an event names of the members, and whether it is one
// that members are told of by their levels.
func addressed(ev events.Event) (named []string, crowd, said bool) {
	if ev.Version > events.Version {
		return nil, false, false
	}
	switch ev.Type {
	case events.MessagePosted:
		if events.NamesNobody(ev.Data) {
			return nil, false, true
		}
		data, err := events.DataOf[events.MessagePostedData](ev)
		if err != nil {
			return nil, false, false
		}
		for _, p := range data.Mentions {
			named = append(named, p.ID)
		}
		if data.Direct != nil {
			named = append(named, data.Direct.ID)
		}
		if data.Reply != nil {
			named = append(named, data.Reply.User.ID)
		}
		return named, data.Crowd == chat.CrowdRoom, true
	case events.MessageEdited:
		data, err := events.DataOf[events.MessageEditedData](ev)
		for _, p := range data.Added {
			named = append(named, p.ID)
		}
		return named, false, err == nil && len(named) > 0
	default:
		return nil, false, false
	}
}

// of returns a member of the room; false if they are none, or were not asked for.
func (p present) of(room, user string) (chat.Listener, bool) {
	if p[room] == nil {
		return chat.Listener{}, false
	}
	l, is := p[room].byUser[user]
	return l, is
}

// in returns the members of the room that were asked for.
func (p present) in(room string) []chat.Listener {
	if p[room] == nil {
		return nil
	}
	return p[room].all
}
