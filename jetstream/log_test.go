package jetstream

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/testenv"
)

// leaks fails the test when it leaves a goroutine behind. Register it first.
func leaks(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t, goleak.IgnoreCurrent()) })
}

// newLog connects to a fresh server on which the topology is set up.
func newLog(t *testing.T) *Log {
	url, monitor := testenv.NATS(t)
	l := connect(t, url, monitor)
	if err := l.Setup(t.Context(), SetupOptions{ChatBytes: 64 << 20}); err != nil {
		t.Fatal(err)
	}
	return l
}

// newLogOf connects to servers of a cluster and sets the topology up with three
// replicas.
func newLogOf(t *testing.T, servers []*local.NATS) *Log {
	t.Helper()
	var urls []string
	for _, s := range servers {
		urls = append(urls, s.URL())
	}
	l := connect(t, strings.Join(urls, ","), "")
	testenv.Until(t, "three replicas are set up", func() bool {
		return l.Setup(t.Context(), SetupOptions{ChatBytes: 64 << 20, Replicas: 3}) == nil
	})
	return l
}

func connect(t *testing.T, url, monitor string) *Log {
	t.Helper()
	l, err := Connect(t.Context(), Options{URL: url, Name: t.Name(), MonitorURL: monitor,
		Logger: testenv.Logger(t, slog.LevelError), Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

var ada = events.Person{ID: chat.NewID(), Name: "ada"}

// post returns a message of ada's; each has a fresh key.
func post(room, text string) events.Event {
	key := chat.NewID()
	return events.New(events.MessagePosted, chat.MessageID(ada.ID, room, key), room, ada, time.Now(),
		events.MessagePostedData{Key: key, Text: text})
}

func publish(t *testing.T, l *Log, ev events.Event) uint64 {
	t.Helper()
	seq, _, err := l.Publish(t.Context(), ev)
	if err != nil {
		t.Fatalf("publish: %v", err)
	}
	return seq
}

func textOf(t *testing.T, e events.Entry) string {
	t.Helper()
	ev, err := e.Event()
	if err != nil {
		t.Fatal(err)
	}
	data, err := events.DataOf[events.MessagePostedData](ev)
	if err != nil {
		t.Fatal(err)
	}
	return data.Text
}

// restarts ends a server, if it runs, and starts it at the same addresses.
func restarts(t *testing.T, server *local.NATS) {
	t.Helper()
	if err := server.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
}
