package edge

import (
	"bytes"
	"slices"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// amendment is an event that changes how an earlier message reads, or what
// stands beside it.
type amendment struct {
	seq    uint64 // its own
	target uint64 // the message's
	ev     events.Event
}

// amendmentOf returns what ev changes; ok is false for every other event.
func amendmentOf(seq uint64, ev events.Event) (a amendment, ok bool) {
	switch ev.Type {
	case events.MessageEdited, events.MessageDeleted, events.MessageReacted, events.MessagePinned:
	default:
		return a, false
	}
	if ev.Version > events.Version {
		return a, false
	}
	data, err := events.DataOf[struct {
		Seq uint64 `json:"seq"`
	}](ev)
	return amendment{seq, data.Seq, ev}, err == nil && data.Seq < seq
}

// changesText reports whether a page that shows the message is another now.
func (a amendment) changesText() bool {
	return a.ev.Type == events.MessageEdited || a.ev.Type == events.MessageDeleted
}

// apply brings an item of history up to date. Nothing changes what was deleted.
func (a amendment) apply(item *chat.Item) {
	ev, err := events.Decode(item.Event)
	if err != nil || ev.Type != events.MessagePosted {
		return
	}
	switch a.ev.Type {
	case events.MessageEdited:
		item.Event = editedBody(ev, a)
	case events.MessageDeleted:
		*item = chat.Item{Seq: item.Seq, Event: erasedBody(ev, a)}
	case events.MessageReacted:
		if data, err := events.DataOf[events.MessageReactedData](a.ev); err == nil {
			item.Reactions = reacted(item.Reactions, data, a.ev.Actor)
		}
	case events.MessagePinned:
		if data, err := events.DataOf[events.MessagePinnedData](a.ev); err == nil {
			item.Pinned = data.On
		}
	}
}

// editedBody returns the message with the edit's text.
func editedBody(ev events.Event, a amendment) []byte {
	data, err := events.DataOf[events.MessagePostedData](ev)
	edit, wrong := events.DataOf[events.MessageEditedData](a.ev)
	if err != nil || wrong != nil {
		return ev.Encode()
	}
	data.Text, data.Mentions, data.Edited = edit.Text, edit.Mentions, &events.Edited{Seq: a.seq, Time: a.ev.Time}
	out := events.New(ev.Type, ev.ID, ev.Scope, ev.Actor, ev.Time, data)
	return out.Encode()
}

// erasedBody returns what is shown in place of the message.
func erasedBody(ev events.Event, a amendment) []byte {
	gone, _ := events.DataOf[events.MessageDeletedData](a.ev) // it was decoded before
	return events.New(events.MessageErased, gone.Message, ev.Scope, gone.User, gone.Time,
		events.MessageErasedData{Key: gone.Key, Deleted: a.seq, By: a.ev.Actor}).Encode()
}

// reacted returns the reactions after one more was put there, or taken back.
func reacted(all []chat.Reaction, data events.MessageReactedData, by events.Person) []chat.Reaction {
	all = slices.Clone(all)
	i := slices.IndexFunc(all, func(r chat.Reaction) bool { return r.Emoji == data.Emoji })
	switch {
	case i < 0 && !data.On:
		return all
	case i < 0:
		return append(all, chat.Reaction{Emoji: data.Emoji, Count: 1, People: []events.Person{by}})
	}
	r := &all[i]
	at := slices.IndexFunc(r.People, func(p events.Person) bool { return p.ID == by.ID })
	r.People = slices.Clone(r.People)
	switch {
	case data.On && at >= 0:
	case data.On:
		if r.Count++; len(r.People) < chat.ReactionPeople {
			r.People = append(r.People, by)
		}
	case at >= 0:
		r.Count--
		r.People = slices.Delete(r.People, at, at+1)
	case r.Count > len(r.People):
		r.Count-- // one of those who are not named
	}
	if r.Count == 0 {
		return slices.Delete(all, i, i+1)
	}
	return all
}

// plainMessage reports whether an entry's body surely is a message.posted, which
// amends nothing, without decoding it.
func plainMessage(body []byte) bool { return bytes.HasPrefix(body, postedPrefix) }

var postedPrefix = []byte(`{"type":"message.posted"`)
