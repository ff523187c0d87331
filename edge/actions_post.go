package edge

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

const (
	// settleTime bounds the look-up of what a repeated key stands for.
	settleTime = 5 * time.Second

	// The log's tail that a look-up goes through: entries the tables have
	// not yet, of one room. More means that storing is far behind.
	tailPage  = 500
	tailPages = 200
)

// post publishes a message and returns when the log has it durably. The same
// sender, room and key are one message for ever: every repetition gets the
// first one's answer, and another text under the key is key_reused.
//
// Members known from a live connection of theirs need no database.
func (e *Edge) post(ctx context.Context, who chat.Principal, room, key, text string) (Ack, error) {
	if err := chat.CheckID("room", room); err != nil {
		return Ack{}, err
	}
	m, live := e.hub.memberOf(who.User.ID, room)
	if !live {
		var err error
		if m, err = e.membership(ctx, who, room); err != nil {
			return Ack{}, err
		}
	}
	type outcome struct {
		ack Ack
		err error
	}
	done := make(chan outcome, 1)
	e.postAsync(ctx, who, m, key, text, func(ack Ack, err error) { done <- outcome{ack, err} })
	select {
	case o := <-done:
		return o.ack, o.err
	case <-ctx.Done():
		return Ack{}, &chat.Error{Code: chat.OutcomeUnknown, Detail: "It may or may not have been posted. Send it again with the same key.", Cause: ctx.Err()}
	}
}

// postAsync checks the message and looks up what it needs before it returns;
// then it is queued, so that calls that follow one another are logged in that
// order. done is called exactly once, perhaps before postAsync returns, from a
// goroutine that it must not block. The caller answers for the membership.
func (e *Edge) postAsync(ctx context.Context, who chat.Principal, m chat.Membership, key, text string, done func(Ack, error)) {
	finish := func(ack Ack, err error) {
		e.metrics.posts.WithLabelValues(outcomeOf(err)).Inc()
		done(ack, err)
	}
	ev, first, err := e.draft(ctx, who, m, key, text)
	switch {
	case err != nil:
		finish(Ack{}, err)
		return
	case first != nil:
		finish(e.sameAs(*first, text))
		return
	}
	e.Log.PublishAsync(ev, func(seq uint64, duplicate bool, err error) {
		switch {
		case err != nil:
			finish(Ack{}, err)
		case duplicate:
			e.running.Go(func() { finish(e.settle(ctx, ev, seq, text)) })
		default:
			finish(e.ackFor(ev.ID, seq), nil)
		}
	})
}

// draft returns the event to publish, or the message that the key already
// stands for.
func (e *Edge) draft(ctx context.Context, who chat.Principal, m chat.Membership, key, text string) (ev events.Event, first *chat.Item, err error) {
	if err := chat.CheckText(text); err != nil {
		return ev, nil, err
	}
	now := e.Now()
	made, err := chat.KeyTime(key, now)
	if err != nil {
		return ev, nil, err
	}
	if err := e.limits.post(who.User.ID); err != nil {
		return ev, nil, err
	}
	id := chat.MessageID(who.User.ID, m.Room.ID, key)
	if now.Sub(made) > chat.KeyFresh {
		if first, err = e.findPost(ctx, m.Room.ID, id); err != nil || first != nil {
			return ev, first, err
		}
	}
	data := events.MessagePostedData{Key: key, Text: text, Direct: m.Room.Peer, Room: m.Room.Name}
	if data.Mentions, err = e.mentions(ctx, who, m.Room.ID, text); err != nil {
		return ev, nil, err
	}
	ev = events.New(events.MessagePosted, id, m.Room.ID, who.User, now, data)
	if ev.Trace = events.TraceOf(ctx); ev.Trace == "" {
		ev.Trace = events.NewTrace()
	}
	return ev, nil, nil
}

// mentions returns the members that the text names, without its author.
func (e *Edge) mentions(ctx context.Context, who chat.Principal, room, text string) ([]events.Person, error) {
	if !strings.Contains(text, "@") {
		return nil, nil
	}
	names := chat.MentionsIn(text)
	if len(names) == 0 {
		return nil, nil
	}
	people, err := e.Directory.MembersNamed(ctx, room, names)
	if err != nil {
		return nil, err
	}
	var others []events.Person
	for _, p := range people {
		if p.ID != who.User.ID {
			others = append(others, p)
		}
	}
	return others, nil
}

// findPost looks for a message whose key is too old for the broker to
// remember: in the tables, then in what the log has after them. The order
// matters: what moves from the one to the other meanwhile is seen in both.
func (e *Edge) findPost(ctx context.Context, room, id string) (*chat.Item, error) {
	item, found, after, err := e.Rows.EventByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if found {
		return &item, nil
	}
	for range tailPages {
		entries, more, err := e.Log.Read(ctx, events.Chat.Subject(room), after, tailPage)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if bytes.Contains(entry.Body, []byte(id)) {
				if ev, err := entry.Event(); err == nil && ev.ID == id {
					return &chat.Item{Seq: entry.Seq, Event: entry.Body}, nil
				}
			}
			after = entry.Seq
		}
		if !more || len(entries) == 0 {
			return nil, nil
		}
	}
	return nil, &chat.Error{Code: chat.Unavailable, Detail: "An old key cannot be looked up right now. Nothing happened; try again later.", Cause: errors.New("the tables are too far behind the log")}
}

// settle answers a post that the broker knew already.
func (e *Edge) settle(ctx context.Context, ev events.Event, seq uint64, text string) (Ack, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	entry, err := e.Log.Get(ctx, events.Chat, seq)
	if err != nil {
		return Ack{}, &chat.Error{Code: chat.OutcomeUnknown, Detail: "It was posted before, but cannot be compared right now. Send it again with the same key.", Cause: err}
	}
	return e.sameAs(chat.Item{Seq: seq, Event: entry.Body}, text)
}

// sameAs answers a repetition: what is stored under the key counts.
func (e *Edge) sameAs(first chat.Item, text string) (Ack, error) {
	ev, err := events.Decode(first.Event)
	if err != nil {
		return Ack{}, err
	}
	data, err := events.DataOf[events.MessagePostedData](ev)
	if err != nil {
		return Ack{}, err
	}
	if data.Text != text {
		return Ack{}, &chat.Error{Code: chat.KeyReused, Field: "key", Detail: "This key was used for another message. Make a new key for a new message."}
	}
	return e.ackFor(ev.ID, first.Seq), nil
}

func (e *Edge) ackFor(id string, seq uint64) Ack {
	return Ack{Message: id, Seq: seq, Position: e.position(events.Chat, seq), Durability: e.Log.Durability()}
}

// outcomeOf labels a metric: "ok", or the error's code.
func outcomeOf(err error) string {
	if err == nil {
		return "ok"
	}
	return string(chat.CodeOf(err))
}
