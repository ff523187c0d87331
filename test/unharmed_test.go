package test

import (
	"slices"
	"strings"
	"testing"

	"github.com/natter-chat/natter/events"
)

// unharmed runs a test of bad input, and fails if it left anything in the log
// or an edge that does not serve.
func unharmed(t *testing.T, w *Town, bad func()) {
	t.Helper()
	before := map[events.Stream]uint64{}
	for _, s := range events.Streams {
		before[s] = w.last(s)
	}
	bad()
	for _, s := range events.Streams {
		for _, e := range w.after(s, before[s]) {
			if s == events.Audit && strings.Contains(string(e.Body), `"`+events.NotedLoginFailed+`"`) {
				continue // some seconds later, a wrong password is noted
			}
			t.Errorf("bad input put this into %s: %.300s", s, e.Body)
		}
	}
	for _, e := range w.Edges {
		if err := e.Ready(); err != nil {
			t.Errorf("%s is not ready any more: %v", e.Name, err)
		}
		if log := e.Log(); strings.Contains(log, "panic") {
			t.Errorf("%s panicked: %.2000s", e.Name, log[strings.Index(log, "panic"):])
		}
	}
}

// after reads what came into a stream after a sequence, without the notifier's
// cursor, which moves by itself.
func (w *Town) after(s events.Stream, seq uint64) []events.Entry {
	w.t.Helper()
	all, err := w.EntriesAfter(s, seq)
	if err != nil {
		w.t.Fatal(err)
	}
	cursor := events.Notify.Subject(events.NotifierCursor)
	return slices.DeleteFunc(all, func(e events.Entry) bool { return e.Subject == cursor })
}

func (w *Town) last(s events.Stream) uint64 {
	w.t.Helper()
	n, err := w.Last(s)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}
