package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

// noRows are tables that nothing was folded into.
type noRows struct{}

func (noRows) Message(context.Context, string, string, uint64) (row chat.MessageRow, err error) {
	return row, nil
}
func (noRows) Edits(context.Context, string, uint64) ([]chat.Edit, uint64, error) { return nil, 0, nil }
func (noRows) Pins(context.Context, string) ([]chat.Item, uint64, error)          { return nil, 0, nil }
func (noRows) Excerpts(context.Context, string, []chat.Spot) (map[chat.Spot]chat.Quote, uint64, error) {
	return nil, 0, nil
}

// erases makes the log forget an entry, as the persister does after a deletion.
func (w *world) erases(entry events.Entry) {
	w.t.Helper()
	ev, err := entry.Event()
	if err != nil {
		w.t.Fatal(err)
	}
	if erased, err := w.log.Erase(w.t.Context(), events.Chat, jetstream.Erasure{Seq: entry.Seq, Subject: entry.Subject, ID: ev.ID}); err != nil || !erased {
		w.t.Fatal(erased, err)
	}
}
