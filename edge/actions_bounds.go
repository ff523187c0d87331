package edge

import (
	"context"
	"slices"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Of reactions and pins that come at once, on whatever edges, the log's order
// decides which ones still have a place: each is decided upon before it is
// published, and looked at again where others may have taken the last place
// meanwhile. An ack says that there was a place. Whether the message was deleted in
// that moment is not looked at for its own sake: then nothing can stand there.

// surely reports whether one more than have fits below most, however many of the
// log's entries between end, up to which have is true, and at take a place.
func surely(have, most int, end, at uint64) bool {
	return have < most && at <= end+uint64(most-have)
}

// reactionStands returns an error if a reaction, published at a sequence to a
// message of which the caller had read, came when there was no place any more.
// Then it has no effect: see chat.Amend.
func (e *Edge) reactionStands(ctx context.Context, msg message, room, emoji string, at uint64) error {
	if surely(len(msg.Reactions), chat.MaxReactions, msg.late.end, at) {
		return nil
	}
	late, err := e.amendedSince(ctx, room, msg.late.end)
	if err != nil {
		return notLookedAt(err)
	}
	item, deleted := msg.Item, false
	for _, a := range late.of(msg.Seq) {
		if a.seq < at {
			item, _ = chat.Amend(item, a.seq, a.ev)
			deleted = deleted || a.ev.Type == events.MessageDeleted
		}
	}
	switch {
	case deleted:
		return messageGone()
	case !hasReaction(item, emoji) && len(item.Reactions) >= chat.MaxReactions:
		return tooManyReactions(len(item.Reactions))
	}
	return nil
}

// pinStands does the same for a pin. One that came too late is taken down again:
// until then it stands behind those that count.
func (e *Edge) pinStands(ctx context.Context, msg message, pin events.Event, at uint64) error {
	if surely(len(msg.pins.list), chat.MaxPins, msg.late.end, at) {
		return nil
	}
	late, err := e.amendedSince(ctx, pin.Scope, msg.late.end)
	if err != nil {
		return notLookedAt(err)
	}
	pins := msg.pins.clone()
	for _, a := range late.list {
		if a.seq <= at {
			pins.apply(a)
		}
	}
	switch _, place := pins.has(msg.Seq); {
	case place:
		return nil
	case slices.Contains(pins.gone, msg.Seq):
		return messageGone()
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	down := events.New(events.MessagePinned, chat.DeriveID(pin.ID, "no place"), pin.Scope, pin.Actor, e.Now(), events.MessagePinnedData{Seq: msg.Seq})
	if _, _, err := e.Log.Publish(ctx, traced(ctx, down)); err != nil {
		return err
	}
	return tooManyPins()
}

// pinned is what is pinned to a room.
type pinned struct {
	list []uint64 // the oldest pin first: the first chat.MaxPins have a place
	gone []uint64 // were deleted, and are never pinned again
}

func (p *pinned) clone() pinned { return pinned{slices.Clone(p.list), slices.Clone(p.gone)} }

func (p *pinned) has(seq uint64) (pinned, place bool) {
	i := slices.Index(p.list, seq)
	return i >= 0, i >= 0 && i < chat.MaxPins
}

func (p *pinned) apply(a amendment) {
	data, err := events.DataOf[events.MessagePinnedData](a.ev)
	switch there, _ := p.has(a.target); {
	case a.ev.Type == events.MessageDeleted:
		p.gone = append(p.gone, a.target)
		p.takeDown(a.target)
	case a.ev.Type != events.MessagePinned || err != nil:
	case !data.On:
		p.takeDown(a.target)
	case !there && !slices.Contains(p.gone, a.target):
		p.list = append(p.list, a.target)
	}
}

func (p *pinned) takeDown(seq uint64) {
	p.list = slices.DeleteFunc(p.list, func(s uint64) bool { return s == seq })
}

func hasReaction(item chat.Item, emoji string) bool {
	return slices.ContainsFunc(item.Reactions, func(r chat.Reaction) bool { return r.Emoji == emoji })
}

func tooManyReactions(n int) error {
	return chat.Errorf(chat.LimitReached, "This message has %d kinds of reactions, which is all that it can have.", n)
}

func tooManyPins() error {
	return chat.Errorf(chat.LimitReached, "This room has %d pinned messages, which is all that it can have.", chat.MaxPins)
}

// notLookedAt is told where something was published and cannot be looked at.
func notLookedAt(cause error) error {
	return &chat.Error{Code: chat.OutcomeUnknown, Detail: "It is not known whether there was a place for this. Send it again.", Cause: cause}
}
