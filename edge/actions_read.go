package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// markRead says that who has read the room up to seq.
func (e *Edge) markRead(ctx context.Context, who chat.Principal, room string, seq uint64) (Ack, error) {
	m, err := e.membership(ctx, requestPatience, who, room)
	if err != nil {
		return Ack{}, err
	}
	return e.markReadIn(ctx, who, m, seq)
}

// markReadIn is markRead for a caller who answers for the membership.
func (e *Edge) markReadIn(ctx context.Context, who chat.Principal, m chat.Membership, seq uint64) (Ack, error) {
	type outcome struct {
		ack Ack
		err error
	}
	done := make(chan outcome, 1)
	e.markReadAsync(ctx, who, m, seq, func(ack Ack, err error) { done <- outcome{ack, err} })
	select {
	case o := <-done:
		return o.ack, o.err
	case <-ctx.Done():
		return Ack{}, &chat.Error{Code: chat.OutcomeUnknown, Detail: "It may or may not have been marked. Send it again.", Cause: ctx.Err()}
	}
}

// markReadAsync is markReadIn without waiting for the log. done is called
// exactly once, perhaps before it returns, and must not block.
//
// Nobody can have read what the log does not hold yet: a marker in the future
// would hide messages for ever, because markers only grow. What lies before the
// return of somebody who was away is not theirs to have read: nothing is to do.
func (e *Edge) markReadAsync(ctx context.Context, who chat.Principal, m chat.Membership, seq uint64, done func(Ack, error)) {
	if err := e.checkPast(ctx, events.Chat, "seq", seq); err != nil {
		done(Ack{}, err)
		return
	}
	if seq < m.From && m.From != chat.NotYet {
		done(e.ackFor("", seq), nil)
		return
	}
	e.reads.mark(ctx, who, m.Room.ID, seq, done)
}

// markNotifications says that who has seen their notifications up to a NOTIFY
// sequence, those of one room or, with room "", all.
func (e *Edge) markNotifications(ctx context.Context, who chat.Principal, upTo uint64, room string) error {
	if room != "" {
		if err := chat.CheckID("room", room); err != nil {
			return err
		}
	}
	if err := e.checkPast(ctx, events.Notify, "up_to", upTo); err != nil {
		return err
	}
	ev := events.New(events.NotificationRead, chat.NewID(), who.User.ID, who.User, e.Now(), events.NotificationReadData{UpTo: upTo, Room: room})
	ev.Trace = events.TraceOf(ctx)
	_, _, err := e.Log.Publish(ctx, ev)
	return err
}

// checkPast refuses a sequence that the stream has not reached.
func (e *Edge) checkPast(ctx context.Context, s events.Stream, field string, seq uint64) error {
	state, err := e.bounds(ctx, s, seq)
	if err != nil {
		return err
	}
	if seq > state.Last {
		return &chat.Error{Code: chat.BadPosition, Field: field, Detail: "This sequence lies in the future: take it from an event."}
	}
	return nil
}
