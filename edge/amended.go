package edge

import (
	"context"
	"errors"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// amended are the amendments of a room that the log has after the rows, in
// their order.
type amended struct {
	list []amendment
	end  uint64 // all of the room up to it was looked at
}

// amendedSince reads them. What a client was told is durable is among them: the
// log answers for its leader.
func (e *Edge) amendedSince(ctx context.Context, room string, after uint64) (amended, error) {
	all := amended{end: after}
	for range tailPages {
		entries, more, err := e.Log.Read(ctx, events.Chat.Subject(room), all.end, tailPage)
		if err != nil {
			return amended{}, err
		}
		for _, entry := range entries {
			all.end = entry.Seq
			if plainMessage(entry.Body) {
				continue
			}
			if ev, _, ok := readable(entry); ok {
				if a, ok := amendmentOf(entry.Seq, ev); ok {
					all.list = append(all.list, a)
				}
			}
		}
		if !more || len(entries) == 0 {
			return all, nil
		}
	}
	return amended{}, &chat.Error{Code: chat.Unavailable, Detail: "What happened to this message cannot be looked up right now. Nothing happened; try again later.",
		Cause: errors.New("the tables are too far behind the log")}
}

// apply brings items up to date, the quotes in them, too.
func (all amended) apply(items []chat.Item) {
	if len(all.list) == 0 {
		return
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
			items[i], _ = chat.Amend(items[i], a.seq, a.ev)
		}
	}
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
