package audit

import (
	"testing"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

func TestNothingIsFoundWhereNothingIsWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jetstream.SetupOptions{})
	report := w.audit()
	if err := report.Err(); err != nil || !report.OK() || !report.Settled() {
		t.Fatal(err, report.Settled())
	}
	for s, want := range map[events.Stream]Stream{events.Chat: {Rows: 16, DeadLetters: 1}, events.Reads: {Rows: 1, DeadLetters: 1}, events.Notify: {Rows: 5}, events.Audit: {Rows: 6}} {
		got := report.Streams[s]
		if got.Rows != want.Rows || got.DeadLetters != want.DeadLetters || got.Compared != got.Last || got.Gone != 0 {
			t.Errorf("%s: %+v", s, got)
		}
	}
	if len(report.Kinds) != len(Kinds) {
		t.Errorf("%d of %d kinds are counted", len(report.Kinds), len(Kinds))
	}
}
