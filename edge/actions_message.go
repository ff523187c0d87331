package edge

import (
	"context"
	"slices"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// What is done to a message. Each action is logged as posting is, and checked
// against the rows and the log after them: what somebody was told is durable
// counts, on any edge, however far behind the tables are.

// memberNow returns who's membership: from a live connection of theirs, or asked for.
func (e *Edge) memberNow(ctx context.Context, who chat.Principal, room string) (chat.Membership, error) {
	if err := chat.CheckID("room", room); err != nil {
		return chat.Membership{}, err
	}
	if m, live := e.hub.memberOf(who.User.ID, room); live {
		return m, nil
	}
	return e.membership(ctx, requestPatience, who, room)
}

// edit gives who's message another text. The same key is one edit for ever, as
// in post.
func (e *Edge) edit(ctx context.Context, who chat.Principal, room string, seq uint64, key, text string) (Ack, error) {
	m, err := e.memberNow(ctx, who, room)
	if err != nil {
		return Ack{}, err
	}
	if err := chat.CheckText(text); err != nil {
		return Ack{}, err
	}
	now := e.Now()
	made, err := chat.KeyTime(key, now)
	if err != nil {
		return Ack{}, err
	}
	if err := e.limits.spend(ctx, boundPosts, who.User.ID); err != nil {
		return Ack{}, err
	}
	msg, err := e.message(ctx, who, m, seq)
	if err != nil {
		return Ack{}, err
	}
	if err := e.mayEdit(ctx, who, m, msg); err != nil {
		return Ack{}, err
	}
	id := chat.MessageID(who.User.ID, room, key)
	if now.Sub(made) > chat.KeyFresh {
		if first, err := e.findPost(ctx, room, id); err != nil || first != nil {
			return e.sameEdit(first, seq, text, err)
		}
	}
	ev, err := e.draftEdit(ctx, who, m, msg, events.MessageEditedData{Key: key, Seq: seq, Message: msg.ev.ID, Text: text, Room: m.Room.Name})
	if err != nil {
		return Ack{}, err
	}
	return e.publishEdit(ctx, ev, seq, text)
}

// mayEdit lets the author say something else, who may still post here. An edit
// takes no turn of slow mode.
func (e *Edge) mayEdit(ctx context.Context, who chat.Principal, m chat.Membership, msg message) error {
	switch {
	case msg.author().ID != who.User.ID:
		return chat.Errorf(chat.Forbidden, "Only its author can edit a message.")
	case msg.deleted():
		return messageGone()
	}
	now := e.Now()
	return e.allowed(ctx, who, m, func(m chat.Membership) error { return mayPost(m, now) })
}

// draftEdit returns the event, with those whom the message mentions now and,
// of them, those whom it did not before.
func (e *Edge) draftEdit(ctx context.Context, who chat.Principal, m chat.Membership, msg message, data events.MessageEditedData) (events.Event, error) {
	people, err := e.mentions(ctx, who, m.Room.ID, data.Text)
	if err != nil {
		return events.Event{}, err
	}
	here := crowdStays(msg, &data)
	isHere := func(p events.Person) bool {
		return slices.ContainsFunc(here, func(h events.Person) bool { return h.ID == p.ID })
	}
	people = slices.DeleteFunc(people, isHere) // mentioned before, and still
	data.Mentions = append(people[:len(people):len(people)], here...)
	if len(people) > 0 {
		before, err := e.versions(ctx, m.Room.ID, msg)
		if err != nil {
			return events.Event{}, err
		}
		data.Added = addedTo(before, people)
	}
	ev := events.New(events.MessageEdited, chat.MessageID(who.User.ID, m.Room.ID, data.Key), m.Room.ID, who.User, e.Now(), data)
	return traced(ctx, ev), nil
}

// addedTo returns those of the people whom no version names.
func addedTo(versions []chat.Edit, people []events.Person) (added []events.Person) {
	named := map[string]bool{}
	for _, v := range versions {
		for _, name := range chat.MentionsIn(v.Text) {
			named[chat.Fold(name)] = true
		}
	}
	for _, p := range people {
		if !named[chat.Fold(p.Name)] {
			added = append(added, p)
		}
	}
	return added
}

func (e *Edge) publishEdit(ctx context.Context, ev events.Event, seq uint64, text string) (Ack, error) {
	at, duplicate, err := e.Log.Publish(ctx, ev)
	if err != nil || !duplicate {
		return e.ackFor(ev.ID, at), err
	}
	entry, err := e.Log.Get(ctx, events.Chat, at)
	if isCode(err, chat.NotFound) {
		return Ack{}, messageGone() // erased with its message
	}
	return e.sameEdit(&chat.Item{Seq: at, Event: entry.Body}, seq, text, err)
}

// sameEdit answers a repetition: what is stored under the key counts.
func (e *Edge) sameEdit(first *chat.Item, seq uint64, text string, err error) (Ack, error) {
	if err != nil {
		return Ack{}, err
	}
	ev, err := events.Decode(first.Event)
	if err != nil {
		return Ack{}, err
	}
	data, err := events.DataOf[events.MessageEditedData](ev)
	if err != nil || ev.Type != events.MessageEdited || data.Seq != seq || data.Text != text {
		return Ack{}, keyReused()
	}
	return e.ackFor(ev.ID, first.Seq), nil
}

// remove deletes a message: its author's right, and a moderator's. Deleting it
// again is no error and no second event.
func (e *Edge) remove(ctx context.Context, who chat.Principal, room string, seq uint64) (Ack, error) {
	m, err := e.memberNow(ctx, who, room)
	if err != nil {
		return Ack{}, err
	}
	msg, err := e.message(ctx, who, m, seq)
	if err != nil {
		return Ack{}, err
	}
	if err := e.mayRemove(ctx, who, m, msg); err != nil {
		return Ack{}, err
	}
	id := chat.DeriveID(msg.ev.ID, "deleted")
	if msg.deleted() {
		gone, err := events.DataOf[events.MessageErasedData](msg.ev)
		return e.ackFor(id, gone.Deleted), err
	}
	was, err := events.DataOf[events.MessagePostedData](msg.ev)
	if err != nil {
		return Ack{}, err
	}
	ev := events.New(events.MessageDeleted, id, room, who.User, e.Now(),
		events.MessageDeletedData{Seq: seq, Message: msg.ev.ID, Key: was.Key, User: msg.author(), Time: msg.ev.Time})
	at, _, err := e.Log.Publish(ctx, traced(ctx, ev))
	if err != nil {
		return Ack{}, err
	}
	return e.ackFor(id, at), nil
}

// mayRemove lets a muted author delete what they said.
func (e *Edge) mayRemove(ctx context.Context, who chat.Principal, m chat.Membership, msg message) error {
	m.Muted = time.Time{}
	if err := mayAct(m, e.Now()); err != nil {
		return err
	}
	if msg.author().ID == who.User.ID {
		return nil
	}
	return e.allowed(ctx, who, m, mayModerate)
}

// traced gives the event the request's trace, or one of its own.
func traced(ctx context.Context, ev events.Event) events.Event {
	if ev.Trace = events.TraceOf(ctx); ev.Trace == "" {
		ev.Trace = events.NewTrace()
	}
	return ev
}
