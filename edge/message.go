package edge

import (
	"context"
	"slices"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// message is one message as it is now: the rows, and the log after them.
type message struct {
	chat.Item
	ev   events.Event // message.posted, or message.erased
	mine []string     // the emoji that the reader has put to it
	pins pinned       // the room's
	late amended      // what the log has after the rows; all of it is in this
}

func (m message) author() events.Person { return m.ev.Actor }
func (m message) deleted() bool         { return m.ev.Type == events.MessageErased }

// noMessage is told about what is no message, and about what the reader may not see.
func noMessage() error {
	return chat.Errorf(chat.NotFound, "There is no such message, or not for you.")
}

// messageGone is told about a message that was deleted.
func messageGone() error {
	return chat.Errorf(chat.MessageDeleted, "This message was deleted.")
}

// message returns the message at seq of the reader's room; not_found for what
// they may not see. The rows are asked first: what moves from the log to the rows
// meanwhile is seen in both.
func (e *Edge) message(ctx context.Context, who chat.Principal, m chat.Membership, seq uint64) (message, error) {
	if seq <= floorOf(m.From) {
		return message{}, noMessage()
	}
	row, err := e.Messages.Message(ctx, who.User.ID, m.Room.ID, seq)
	if err != nil {
		return message{}, err
	}
	found := message{Item: row.Item, mine: row.Mine, pins: pinned{list: row.Pins}}
	if found.Seq == 0 && seq > row.Offset {
		if found.Item, err = e.loggedMessage(ctx, m.Room.ID, seq); err != nil {
			return message{}, err
		}
	}
	late, err := e.amendedSince(ctx, m.Room.ID, row.Offset)
	if err != nil {
		return message{}, err
	}
	found.late = late
	found.apply(late, who.User.ID, seq)
	if found.Seq == 0 {
		return message{}, noMessage()
	}
	found.ev, err = events.Decode(found.Event)
	return found, err
}

// loggedMessage returns a message that the log has and the rows have not; none
// if there is no such message, or if it was erased meanwhile.
func (e *Edge) loggedMessage(ctx context.Context, room string, seq uint64) (chat.Item, error) {
	entry, err := e.Log.Get(ctx, events.Chat, seq)
	if isCode(err, chat.NotFound) {
		return chat.Item{}, nil
	}
	if err != nil {
		return chat.Item{}, err
	}
	ev, body, ok := readable(entry)
	if !ok || ev.Type != events.MessagePosted || entry.Subject != events.Chat.Subject(room) {
		return chat.Item{}, nil
	}
	return chat.Item{Seq: seq, Event: body}, nil
}

// apply brings the message up to date, with what it says of its room.
func (m *message) apply(late amended, reader string, seq uint64) {
	for _, a := range late.list {
		m.pins.apply(a)
		if a.target == seq && m.Seq == 0 && a.ev.Type == events.MessageDeleted { // erased since the rows were read
			m.Item = chat.Item{Seq: seq, Event: chat.Erased(a.seq, a.ev)}
			continue
		}
		m.Item, _ = chat.Amend(m.Item, a.seq, a.ev)
		if a.ev.Type == events.MessageReacted && a.target == seq && a.ev.Actor.ID == reader {
			m.react(a.ev)
		}
	}
}

// react notes the reader's own reaction, unless there was no place for it.
func (m *message) react(ev events.Event) {
	data, err := events.DataOf[events.MessageReactedData](ev)
	if err != nil {
		return
	}
	m.mine = slices.DeleteFunc(slices.Clone(m.mine), func(emoji string) bool { return emoji == data.Emoji })
	if data.On && hasReaction(m.Item, data.Emoji) {
		m.mine = append(m.mine, data.Emoji)
	}
}
