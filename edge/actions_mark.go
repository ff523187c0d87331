package edge

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// react puts an emoji to a message, or takes it back. What is so already
// causes no event.
func (e *Edge) react(ctx context.Context, who chat.Principal, room string, seq uint64, emoji string, on bool) (Ack, error) {
	emoji, err := chat.Emoji(emoji)
	if err != nil {
		return Ack{}, err
	}
	msg, err := e.toMark(ctx, who, room, seq, mayAct)
	if err != nil {
		return Ack{}, err
	}
	if slices.Contains(msg.mine, emoji) == on {
		return e.ackFor("", seq), nil
	}
	if on && !hasReaction(msg.Item, emoji) && len(msg.Reactions) >= chat.MaxReactions {
		return Ack{}, tooManyReactions(len(msg.Reactions))
	}
	ev := events.New(events.MessageReacted, chat.DeriveID(msg.ev.ID, who.User.ID, "reaction", emoji, strconv.FormatBool(on)), room, who.User, e.Now(),
		events.MessageReactedData{Seq: seq, Emoji: emoji, On: on})
	ack, err := e.change(ctx, ev, msg.late.end)
	if err == nil && on {
		err = e.reactionStands(ctx, msg, room, emoji, ack.Seq)
	}
	return ack, err
}

// pin pins a message to its room, or takes it down. What is so already causes
// no event.
func (e *Edge) pin(ctx context.Context, who chat.Principal, room string, seq uint64, on bool) (Ack, error) {
	msg, err := e.toMark(ctx, who, room, seq, mayPin)
	if err != nil {
		return Ack{}, err
	}
	switch pinned, place := msg.pins.has(seq); {
	case on && !pinned && len(msg.pins.list) >= chat.MaxPins, on && pinned && !place:
		return Ack{}, tooManyPins()
	case pinned == on:
		return e.ackFor("", seq), nil
	}
	ev := events.New(events.MessagePinned, chat.DeriveID(msg.ev.ID, who.User.ID, "pin", strconv.FormatBool(on)), room, who.User, e.Now(),
		events.MessagePinnedData{Seq: seq, On: on})
	ack, err := e.change(ctx, ev, msg.late.end)
	if err == nil && on {
		ev.ID = ack.Message
		err = e.pinStands(ctx, msg, ev, ack.Seq)
	}
	return ack, err
}

// toMark returns a message that who may mark.
func (e *Edge) toMark(ctx context.Context, who chat.Principal, room string, seq uint64, may func(chat.Membership, time.Time) error) (message, error) {
	m, err := e.memberNow(ctx, who, room)
	if err != nil {
		return message{}, err
	}
	msg, err := e.message(ctx, who, m, seq)
	if err != nil {
		return message{}, err
	}
	if err := e.allowed(ctx, who, m, func(m chat.Membership) error { return may(m, e.Now()) }); err != nil {
		return message{}, err
	}
	if msg.deleted() {
		return message{}, messageGone()
	}
	return msg, nil
}

// changesAtMost bounds how often somebody can go to and fro within the broker's
// memory of ids.
const changesAtMost = 20

// change publishes an event that sets something, under an id that is derived
// from what it sets: a client's retry, on whatever edge, is the same event. The
// broker may know the id from before the state that the caller has read (up to
// end), because it was set, unset and is set again: then the next id counts,
// which is derived from the one before and what it stands for.
func (e *Edge) change(ctx context.Context, ev events.Event, end uint64) (Ack, error) {
	ev = traced(ctx, ev)
	for range changesAtMost {
		seq, duplicate, err := e.Log.Publish(ctx, ev)
		if err != nil {
			return Ack{}, err
		}
		if !duplicate || seq > end {
			return e.ackFor(ev.ID, seq), nil
		}
		ev.ID = chat.DeriveID(ev.ID, strconv.FormatUint(seq, 10))
	}
	return Ack{}, &chat.Error{Code: chat.RateLimited, Detail: "You changed your mind too often. Nothing happened; wait a few minutes."}
}
