package edge

import (
	"context"
	"slices"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// EditList is what a message said, version by version.
type EditList struct {
	Items []chat.Edit `json:"items" nullable:"false"`
}

// PinList is what is pinned to a room, the newest pin first.
type PinList struct {
	Items []chat.Item `json:"items" nullable:"false"`
}

// oneMessage returns a message as history shows it.
func (e *Edge) oneMessage(ctx context.Context, who chat.Principal, room string, seq uint64) (chat.Item, error) {
	m, err := e.memberNow(ctx, who, room)
	if err != nil {
		return chat.Item{}, err
	}
	msg, err := e.message(ctx, who, m, seq)
	if err != nil {
		return chat.Item{}, err
	}
	items := []chat.Item{msg.Item}
	err = e.quote(ctx, who, room, floorOf(m.From), items, msg.late)
	return items[0], err
}

// edits returns the versions of a message's text.
func (e *Edge) edits(ctx context.Context, who chat.Principal, room string, seq uint64) (EditList, error) {
	m, err := e.memberNow(ctx, who, room)
	if err != nil {
		return EditList{}, err
	}
	msg, err := e.message(ctx, who, m, seq)
	if err != nil {
		return EditList{}, err
	}
	if msg.deleted() {
		return EditList{}, messageGone()
	}
	list, err := e.versions(ctx, room, msg)
	return EditList{listOf(list)}, err
}

// versions returns what a message said, oldest first.
func (e *Edge) versions(ctx context.Context, room string, msg message) ([]chat.Edit, error) {
	list, offset, err := e.Messages.Edits(ctx, room, msg.Seq)
	if err != nil {
		return nil, err
	}
	if msg.Seq > offset {
		first, err := e.loggedMessage(ctx, room, msg.Seq)
		if err != nil || first.Seq == 0 {
			return nil, err
		}
		ev, err := events.Decode(first.Event)
		if err != nil {
			return nil, err
		}
		data, err := events.DataOf[events.MessagePostedData](ev)
		if err != nil {
			return nil, err
		}
		list = []chat.Edit{{Seq: msg.Seq, Time: ev.Time, Text: data.Text}}
	}
	late, err := e.amendedSince(ctx, room, offset)
	if err != nil {
		return nil, err
	}
	for _, a := range late.of(msg.Seq) {
		if a.ev.Type == events.MessageDeleted {
			return nil, messageGone()
		}
		if data, err := events.DataOf[events.MessageEditedData](a.ev); err == nil && a.ev.Type == events.MessageEdited {
			list = append(list, chat.Edit{Seq: a.seq, Time: a.ev.Time, Text: data.Text})
		}
	}
	return list, nil
}

// pins returns what is pinned to the room and who may see.
func (e *Edge) pins(ctx context.Context, who chat.Principal, room string) (PinList, error) {
	m, err := e.membership(ctx, requestPatience, who, room)
	if err != nil {
		return PinList{}, err
	}
	items, offset, err := e.Messages.Pins(ctx, room)
	if err != nil {
		return PinList{}, err
	}
	late, err := e.amendedSince(ctx, room, offset)
	if err != nil {
		return PinList{}, err
	}
	fresh, err := e.pinnedSince(ctx, who, m, items, late)
	if err != nil {
		return PinList{}, err
	}
	late.apply(items)
	items = append(fresh, items...)
	items = slices.DeleteFunc(items, func(item chat.Item) bool { return !item.Pinned })
	items = items[max(0, len(items)-chat.MaxPins):] // the oldest count
	items = slices.DeleteFunc(items, func(item chat.Item) bool { return item.Seq <= floorOf(m.From) })
	return PinList{listOf(items)}, e.quote(ctx, who, room, floorOf(m.From), items, late)
}

// pinnedSince returns what the log says was pinned after the rows, the newest
// pin first, as it is now. What was taken down and pinned again leaves items.
func (e *Edge) pinnedSince(ctx context.Context, who chat.Principal, m chat.Membership, items []chat.Item, late amended) (fresh []chat.Item, err error) {
	seen := map[uint64]bool{}
	for _, a := range slices.Backward(late.list) {
		if a.ev.Type != events.MessagePinned || seen[a.target] || a.target <= floorOf(m.From) {
			continue
		}
		seen[a.target] = true
		msg, err := e.message(ctx, who, m, a.target)
		if isCode(err, chat.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		fresh = append(fresh, msg.Item)
	}
	for i := range items {
		if seen[items[i].Seq] {
			items[i].Pinned = false // stands in fresh, if anywhere
		}
	}
	return fresh, nil
}
