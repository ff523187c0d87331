package jetstream

import (
	"strings"
	"testing"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
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

func TestAStreamThatCannotForgetIsRefusedInASentence(t *testing.T) {
	url, monitor := testenv.NATS(t)
	l := connect(t, url, monitor)
	old := streamConfig(events.Chat, SetupOptions{ChatBytes: 64 << 20})
	old.DenyDelete, old.Metadata = true, map[string]string{incarnationKey: newIncarnation()}
	if _, err := l.js.CreateStream(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if err := l.Setup(t.Context(), SetupOptions{}); err == nil || !strings.Contains(err.Error(), "A log that cannot forget") {
		t.Errorf("set up: %v", err)
	}
	if err := l.js.DeleteStream(t.Context(), string(events.Chat)); err != nil {
		t.Fatal(err)
	}
	if err := l.Setup(t.Context(), SetupOptions{ChatBytes: 64 << 20}); err != nil {
		t.Errorf("made anew: %v", err)
	}
}
