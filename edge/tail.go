package edge

import (
	"context"
	"slices"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// The tail of a room is what the log has after the rows.

// tailBack returns the newest want events of the room, with a line of their own,
// that the log holds with after < seq < before, ascending, and the last sequence
// it saw. A persister that keeps up leaves next to nothing there, and late has it.
func (e *Edge) tailBack(ctx context.Context, room string, late late, after, before uint64, want int) (items []chat.Item, end uint64, err error) {
	if before != 0 && before <= after+1 {
		return nil, 0, nil
	}
	if late.long {
		return e.tailFarBack(ctx, room, after, before, want)
	}
	items = slices.DeleteFunc(slices.Clone(late.items), func(item chat.Item) bool {
		return item.Seq <= after || before != 0 && item.Seq >= before
	})
	if before == 0 {
		end = late.end
	}
	return items[max(0, len(items)-want):], end, nil
}

// tailFarBack is tailBack for a long tail. What cannot be decoded is made up
// for from further back.
func (e *Edge) tailFarBack(ctx context.Context, room string, after, before uint64, want int) (items []chat.Item, end uint64, err error) {
	for len(items) < want {
		entries, err := e.Log.ReadBack(ctx, events.Chat.Subject(room), after, before, want)
		if err != nil {
			return nil, 0, err
		}
		end = max(end, lastSeq(entries))
		items = append(decodable(entries), items...)
		if len(entries) < want {
			break
		}
		before = entries[0].Seq
	}
	return items[max(0, len(items)-want):], end, nil
}

func lastSeq(entries []events.Entry) uint64 {
	if len(entries) == 0 {
		return 0
	}
	return entries[len(entries)-1].Seq
}

// tailAhead returns the oldest want events of the room, with a line of their own,
// that the log holds after a sequence, ascending, and the last sequence it saw.
func (e *Edge) tailAhead(ctx context.Context, room string, late late, after uint64, want int) (items []chat.Item, end uint64, err error) {
	if !late.long {
		items = slices.DeleteFunc(slices.Clone(late.items), func(item chat.Item) bool { return item.Seq <= after })
		return items[:min(want, len(items))], late.end, nil
	}
	for len(items) < want {
		entries, more, err := e.Log.Read(ctx, events.Chat.Subject(room), after, want)
		if err != nil {
			return nil, 0, err
		}
		end = max(end, lastSeq(entries))
		after = max(after, end)
		items = append(items, decodable(entries)...)
		if !more || len(entries) == 0 {
			break
		}
	}
	return items[:min(want, len(items))], end, nil
}

// decodable returns the entries that are events with a line of their own in
// history. What cannot be decoded will become a dead letter: nobody is shown it.
func decodable(entries []events.Entry) []chat.Item {
	var items []chat.Item
	for _, entry := range entries {
		if ev, body, ok := readable(entry); ok && !chat.IsAmendment(ev.Type) {
			items = append(items, chat.Item{Seq: entry.Seq, Event: body})
		}
	}
	return items
}
