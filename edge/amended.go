package edge

import (
	"context"
	"errors"
	"strings"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// amended are the amendments of a room that the log has after the rows, in
// their order.
type amended struct {
	list []amendment
	end  uint64 // all of the room up to it was looked at
}

// late is what the log has of a room after the rows.
type late struct {
	amended
	// items are the events with a line of their own, ascending; none if there
	// are more than one read of the log brings: then long is true.
	items []chat.Item
	long  bool
}

// leaver is a reader whose own leave, with a later revision than this, ends what
// they may see.
type leaver struct {
	user string
	rev  uint64
}

// behind returns those of the rooms of which the log has something after a
// sequence up to which the rows are true. A persister that keeps up leaves none.
func (e *Edge) behind(ctx context.Context, rooms []string, offset uint64) (map[string]bool, error) {
	subjects := make([]string, len(rooms))
	for i, room := range rooms {
		subjects[i] = events.Chat.Subject(room)
	}
	newest, err := e.Log.Last(ctx, subjects, offset)
	behind := make(map[string]bool, len(newest))
	for _, entry := range newest {
		behind[strings.TrimPrefix(entry.Subject, events.Chat.Prefix())] = true
	}
	return behind, err
}

// amendedSince reads the amendments after a sequence. What a client was told is
// durable is among them: the log answers for its leader.
func (e *Edge) amendedSince(ctx context.Context, room string, after uint64) (amended, error) {
	all, err := e.lateOf(ctx, leaver{}, room, after)
	return all.amended, err
}

// lateOf reads what the log has after a sequence, up to the reader's own leave.
func (e *Edge) lateOf(ctx context.Context, reader leaver, room string, after uint64) (late, error) {
	all := late{amended: amended{end: after}}
	for page := range tailPages {
		entries, more, err := e.Log.Read(ctx, events.Chat.Subject(room), all.end, tailPage)
		if err != nil {
			return late{}, err
		}
		all.long = page > 0 || more
		for _, entry := range entries {
			if all.add(reader, entry) {
				return all, nil
			}
		}
		if !more || len(entries) == 0 {
			return all, nil
		}
	}
	return late{}, &chat.Error{Code: chat.Unavailable, Detail: "What happened in this room cannot be looked up right now. Try again later.",
		Cause: errors.New("the tables are too far behind the log")}
}

// add takes the next entry; it reports whether the reader left by it.
func (all *late) add(reader leaver, entry events.Entry) (left bool) {
	all.end = entry.Seq
	if all.long && plainMessage(entry.Body) {
		return false
	}
	ev, body, ok := readable(entry)
	if !ok {
		return false
	}
	if a, ok := amendmentOf(entry.Seq, ev); ok {
		all.list = append(all.list, a)
		return false
	}
	if chat.IsAmendment(ev.Type) { // of nothing
		return false
	}
	if !all.long {
		all.items = append(all.items, chat.Item{Seq: entry.Seq, Event: body})
	}
	l := leavingOf(ev)
	return l != nil && l.user == reader.user && l.rev > reader.rev
}

// apply brings items up to date, the quotes in them, too. It reports whether
// that changed any.
func (all amended) apply(items []chat.Item) (touched bool) {
	if len(all.list) == 0 {
		return false
	}
	at := make(map[uint64][]int, len(items))
	for i, item := range items {
		at[item.Seq] = append(at[item.Seq], i)
		if item.Quote != nil {
			at[item.Quote.Seq] = append(at[item.Quote.Seq], i)
		}
	}
	for _, a := range all.list {
		for _, i := range at[a.target] {
			var changed bool
			items[i], changed = chat.Amend(items[i], a.seq, a.ev)
			touched = touched || changed
		}
	}
	return touched
}

// of returns the amendments of one message.
func (all amended) of(target uint64) (list []amendment) {
	for _, a := range all.list {
		if a.target == target {
			list = append(list, a)
		}
	}
	return list
}
