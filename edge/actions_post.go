package edge

import (
	"context"
	"strings"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
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
		if m, err = e.membership(ctx, requestPatience, who, room); err != nil {
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
	if err := e.limits.spend(ctx, boundPosts, who.User.ID); err != nil {
		return ev, nil, err
	}
	id := chat.MessageID(who.User.ID, m.Room.ID, key)
	refused := e.inTurn(ctx, who, m, id)
	if refused != nil && chat.CodeOf(refused) == chat.Unavailable {
		return ev, nil, refused
	}
	// What was posted before is answered as it was, whatever the room says now.
	if refused != nil || now.Sub(made) > chat.KeyFresh {
		if first, err = e.findPost(ctx, m.Room.ID, id); err != nil || first != nil {
			return ev, first, err
		}
	}
	if refused != nil {
		return ev, nil, refused
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
