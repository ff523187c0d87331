package chat

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/natter-chat/natter/events"
)

// An amendment is an event of a room that changes how an earlier message is
// shown: message.edited, deleted, reacted and pinned. What one does is said here
// once, for the tables and for whoever adds to the tables what the log has
// after them.

// Target returns the sequence of the message that ev, which stands at seq,
// amends; 0 if it amends nothing: another type, a version that is not known, a
// message that does not come before it.
func Target(seq uint64, ev events.Event) uint64 {
	if !IsAmendment(ev.Type) || ev.Version > events.Version {
		return 0
	}
	data, err := events.DataOf[struct {
		Seq uint64 `json:"seq"`
	}](ev)
	if err != nil || data.Seq >= seq {
		return 0
	}
	return data.Seq
}

// IsAmendment reports whether events of the type amend messages: they have no
// line of their own in a room's history.
func IsAmendment(t events.Type) bool {
	return t == events.MessageEdited || t == events.MessageDeleted || t == events.MessageReacted || t == events.MessagePinned
}

// Amend returns item, a line of a room's history, as it is after ev, an event
// of the same room at seq; changed is false if it is as it was. What item
// shares with others stays as it is.
//
// Only its author edits a message. A deletion must say of it what it says
// itself: id, author, key and time. Nothing amends what was deleted, or what is
// no message. Of more reactions than a Reaction names people for, one that
// comes twice is counted twice: edges do not let it.
func Amend(item Item, seq uint64, ev events.Event) (amended Item, changed bool) {
	target := Target(seq, ev)
	if target == 0 {
		return item, false
	}
	if item.Quote != nil && item.Quote.Seq == target {
		item, changed = amendQuote(item, ev)
	}
	if item.Seq != target {
		return item, changed
	}
	message, err := events.Decode(item.Event)
	if err != nil || message.Type != events.MessagePosted || message.Version > events.Version || message.Scope != ev.Scope {
		return item, changed
	}
	switch ev.Type {
	case events.MessageEdited:
		if body, ok := Edited(message, seq, ev); ok {
			item.Event = body
			return item, true
		}
	case events.MessageDeleted:
		if Deletes(message, ev) {
			return Item{Seq: item.Seq, Event: Erased(seq, ev)}, true
		}
	case events.MessageReacted:
		if data, err := events.DataOf[events.MessageReactedData](ev); err == nil {
			item.Reactions = reacted(item.Reactions, data, ev.Actor)
			return item, true
		}
	case events.MessagePinned:
		if data, err := events.DataOf[events.MessagePinnedData](ev); err == nil {
			item.Pinned = data.On
			return item, true
		}
	}
	return item, changed
}

// Edited returns a message as it reads after an edit, which stands at seq; ok is
// false if that is not for the edit's author to do.
func Edited(message events.Event, seq uint64, edit events.Event) (body []byte, ok bool) {
	data, err := events.DataOf[events.MessagePostedData](message)
	to, wrong := events.DataOf[events.MessageEditedData](edit)
	if err != nil || wrong != nil || to.Message != message.ID || edit.Actor.ID == "" || edit.Actor.ID != message.Actor.ID {
		return nil, false
	}
	data.Text, data.Mentions, data.Edited = to.Text, to.Mentions, &events.Edited{Seq: seq, Time: edit.Time}
	return events.New(message.Type, message.ID, message.Scope, message.Actor, message.Time, data).Encode(), true
}

// Deletes reports whether a message.deleted means the message, edited or not.
func Deletes(message, ev events.Event) bool {
	data, err := events.DataOf[events.MessagePostedData](message)
	gone, wrong := events.DataOf[events.MessageDeletedData](ev)
	return err == nil && wrong == nil && gone.Message == message.ID && gone.Key == data.Key &&
		gone.User.ID == message.Actor.ID && gone.Time.Equal(message.Time)
}

// Erased returns what is shown in place of the message that ev, a
// message.deleted at seq, deletes. It is made of ev alone.
func Erased(seq uint64, ev events.Event) []byte {
	gone, _ := events.DataOf[events.MessageDeletedData](ev) // whoever asks has decoded it
	return events.New(events.MessageErased, gone.Message, ev.Scope, gone.User, gone.Time,
		events.MessageErasedData{Key: gone.Key, Deleted: seq, By: ev.Actor}).Encode()
}

// QuoteOf returns the quote of a line of a room's history; nil if it is no
// message. event is as history shows it.
func QuoteOf(seq uint64, event []byte) *Quote {
	ev, err := events.Decode(event)
	if err != nil {
		return nil
	}
	switch ev.Type {
	case events.MessageErased:
		return &Quote{Seq: seq, User: ev.Actor, Deleted: true}
	case events.MessagePosted:
		if data, err := events.DataOf[events.MessagePostedData](ev); err == nil && ev.Version <= events.Version {
			return &Quote{Seq: seq, User: ev.Actor, Excerpt: Excerpt(data.Text)}
		}
	}
	return nil
}

// ReplyOf returns what a line of a room's history answers; nil if it is no reply.
// Most lines are none, and are not decoded for it.
func ReplyOf(event []byte) *events.Reply {
	if !bytes.Contains(event, replyMember) {
		return nil
	}
	ev, err := events.Decode(event)
	if err != nil || ev.Type != events.MessagePosted {
		return nil
	}
	data, err := events.DataOf[events.MessagePostedData](ev)
	if err != nil {
		return nil
	}
	return data.Reply
}

var replyMember = []byte(`"reply":{`)

// ExcerptRunes is how long an Excerpt may be.
const ExcerptRunes = 140

// Excerpt returns what is shown of a text where there is no room for all of it:
// its beginning, on one line.
func Excerpt(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= ExcerptRunes {
		return text
	}
	return string([]rune(text)[:ExcerptRunes-1]) + "…"
}

// amendQuote brings a reply's quote up to date.
func amendQuote(item Item, ev events.Event) (Item, bool) {
	quote := *item.Quote
	switch ev.Type {
	case events.MessageEdited:
		data, err := events.DataOf[events.MessageEditedData](ev)
		if err != nil || quote.Deleted || ev.Actor.ID != quote.User.ID {
			return item, false
		}
		quote.Excerpt = Excerpt(data.Text)
	case events.MessageDeleted:
		data, err := events.DataOf[events.MessageDeletedData](ev)
		if err != nil || data.User.ID != quote.User.ID {
			return item, false
		}
		quote.Excerpt, quote.Deleted = "", true
	default:
		return item, false
	}
	item.Quote = &quote
	return item, true
}

// reacted returns the reactions after somebody put one there, or took it back.
func reacted(all []Reaction, data events.MessageReactedData, by events.Person) []Reaction {
	all = slices.Clone(all)
	i := slices.IndexFunc(all, func(r Reaction) bool { return r.Emoji == data.Emoji })
	switch {
	case i < 0 && data.On && len(all) >= MaxReactions: // it came when there was no place any more
		return all
	case i < 0 && data.On:
		return append(all, Reaction{Emoji: data.Emoji, Count: 1, People: []events.Person{by}})
	case i < 0:
		return all
	}
	r := &all[i]
	r.People = slices.Clone(r.People)
	at := slices.IndexFunc(r.People, func(p events.Person) bool { return p.ID == by.ID })
	switch {
	case data.On && at < 0:
		if r.Count++; len(r.People) < ReactionPeople {
			r.People = append(r.People, by)
		}
	case !data.On && at >= 0:
		r.Count--
		r.People = slices.Delete(r.People, at, at+1)
	case !data.On && r.Count > len(r.People): // one of those who are not named
		r.Count--
	}
	if r.Count == 0 {
		return slices.Delete(all, i, i+1)
	}
	return all
}
