package jetstream

import (
	"testing"

	"github.com/natter-chat/natter/events"
)

func TestAStreamThatIsAddedLaterGetsItsShareOfTheChatThatThereIs(t *testing.T) {
	l := newLog(t) // 64 MiB
	if err := l.js.DeleteStream(t.Context(), string(events.Audit)); err != nil {
		t.Fatal(err)
	}
	if err := l.Setup(t.Context(), SetupOptions{}); err != nil {
		t.Fatal(err)
	}
	for stream, want := range map[events.Stream]int64{events.Chat: 64 << 20, events.Audit: 2 << 20} {
		have, err := l.js.Stream(t.Context(), string(stream))
		if err != nil {
			t.Fatal(err)
		}
		if got := have.CachedInfo().Config.MaxBytes; got != want {
			t.Errorf("%s has %d bytes, want %d", stream, got, want)
		}
	}
}
