package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// saying is what a client posts.
type saying struct {
	key, text string
	reply     uint64 // the message that it answers; 0: none
}

// post publishes a message and returns when the log has it durably. The same
// sender, room and key are one message for ever: every repetition gets the
// first one's answer, and anything else under the key is key_reused.
//
// Members known from a live connection of theirs need no database.
func (e *Edge) post(ctx context.Context, who chat.Principal, room string, say saying) (Ack, error) {
	m, err := e.memberNow(ctx, who, room)
	if err != nil {
		return Ack{}, err
	}
	type outcome struct {
		ack Ack
		err error
	}
	done := make(chan outcome, 1)
	e.postAsync(ctx, who, m, say, func(ack Ack, err error) { done <- outcome{ack, err} })
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
func (e *Edge) postAsync(ctx context.Context, who chat.Principal, m chat.Membership, say saying, done func(Ack, error)) {
	finish := func(ack Ack, err error) {
		e.metrics.posts.WithLabelValues(outcomeOf(err)).Inc()
		done(ack, err)
	}
	ev, first, err := e.draft(ctx, who, m, say)
	switch {
	case err != nil:
		finish(Ack{}, err)
		return
	case first != nil:
		finish(e.sameAs(ctx, *first, say))
		return
	}
	e.Log.PublishAsync(ev, func(seq uint64, duplicate bool, err error) {
		switch {
		case err != nil:
			finish(Ack{}, err)
		case duplicate:
			e.running.Go(func() { finish(e.settle(ctx, ev, seq, say)) })
		default:
			finish(e.ackFor(ev.ID, seq), nil)
		}
	})
}

// draft returns the event to publish, or the message that the key already
// stands for.
func (e *Edge) draft(ctx context.Context, who chat.Principal, m chat.Membership, say saying) (ev events.Event, first *chat.Item, err error) {
	if err := chat.CheckText(say.text); err != nil {
		return ev, nil, err
	}
	now := e.Now()
	made, err := chat.KeyTime(say.key, now)
	if err != nil {
		return ev, nil, err
	}
	if err := e.limits.spend(ctx, boundPosts, who.User.ID); err != nil {
		return ev, nil, err
	}
	id := chat.MessageID(who.User.ID, m.Room.ID, say.key)
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
	data := events.MessagePostedData{Key: say.key, Text: say.text, Direct: m.Room.Peer, Room: m.Room.Name}
	if say.reply != 0 {
		if data.Reply, err = e.replyTo(ctx, who, m, say.reply); err != nil {
			if first, wrong := e.findPost(ctx, m.Room.ID, id); wrong == nil && first != nil {
				return ev, first, nil // what it answers went after it was posted
			}
			return ev, nil, err
		}
	}
	if data.Mentions, err = e.mentions(ctx, who, m.Room.ID, say.text); err != nil {
		return ev, nil, err
	}
	if data.Crowd, err = e.crowd(ctx, who, m, id, say.text); err != nil {
		return ev, nil, err
	}
	if data.Crowd == chat.CrowdHere {
		if data.Mentions, data.Crowd, err = e.whoIsHere(ctx, who, m.Room.ID, data.Mentions); err != nil {
			return ev, nil, err
		}
	}
	return traced(ctx, events.New(events.MessagePosted, id, m.Room.ID, who.User, now, data)), nil, nil
}

// replyTo names a message that who may answer.
func (e *Edge) replyTo(ctx context.Context, who chat.Principal, m chat.Membership, seq uint64) (*events.Reply, error) {
	msg, err := e.message(ctx, who, m, seq)
	if err != nil {
		return nil, err
	}
	if msg.deleted() {
		return nil, messageGone()
	}
	return &events.Reply{Seq: seq, User: msg.author()}, nil
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
