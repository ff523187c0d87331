package edge

import (
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

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
