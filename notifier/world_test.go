package notifier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/notifier"
)

// world is a log of the test's own, with people who talk.
type world struct {
	*testing.T
	ctx    context.Context
	url    string
	window time.Duration // the broker's memory of message ids
	log    *jetstream.Log
	room   string
	people *town
}

// town is people who are all in all rooms, at the level for rooms unless they
// chose another. It may be down.
type town struct {
	mu     sync.Mutex
	levels map[string]chat.Level
	read   map[string]uint64
	down   bool
	times  int // that somebody asked
}

var errDown = errors.New("the database is down")

func (t *town) Listeners(_ context.Context, asked []chat.Audience) (all []chat.Listener, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.times++
	if t.down {
		return nil, errDown
	}
	for _, a := range asked {
		for user, level := range t.levels {
			if level == chat.LevelAll && !slices.Contains(a.Named, user) {
				a.Named = append(a.Named, user)
			}
		}
		for _, user := range a.Named {
			l := chat.Listener{Room: a.Room, User: events.Person{ID: user}, Level: chat.LevelMentions, Read: t.read[user]}
			if chosen, has := t.levels[user]; has {
				l.Level = chosen
			}
			all = append(all, l)
		}
	}
	return all, nil
}

func (t *town) asked() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.times
}

// sets changes what the town knows.
func (t *town) sets(change func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change()
}

func newWorld(t *testing.T, window time.Duration) *world {
	t.Helper()
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	url, _ := testenv.NATS(t)
	w := &world{T: t, ctx: ctx, url: url, window: window, room: chat.NewID(),
		people: &town{levels: map[string]chat.Level{}, read: map[string]uint64{}}}
	w.log = w.connect("test")
	w.must(w.log.Setup(ctx, jetstream.SetupOptions{ChatBytes: 64 << 20, DuplicateWindow: window}))
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) connect(name string) *jetstream.Log {
	w.Helper()
	log, err := jetstream.Connect(w.ctx, jetstream.Options{URL: w.url, Name: name,
		Logger: testenv.Logger(w, slog.LevelError), Metrics: prometheus.NewRegistry()})
	w.must(err)
	w.Cleanup(log.Close)
	return log
}

func person(name string) events.Person { return events.Person{ID: chat.NewID(), Name: name} }

// says posts a message that mentions people, and returns it.
func (w *world) says(who events.Person, text string, mentions ...events.Person) events.Event {
	w.Helper()
	key := chat.NewID()
	ev := events.New(events.MessagePosted, chat.MessageID(who.ID, w.room, key), w.room, who, time.Now(),
		events.MessagePostedData{Key: key, Text: text, Mentions: mentions, Room: "Engine room"})
	w.publish(ev)
	return ev
}

func (w *world) publish(ev events.Event) uint64 {
	w.Helper()
	seq, _, err := w.log.Publish(w.ctx, ev)
	w.must(err)
	return seq
}

// notifications returns what NOTIFY holds for a person, as "kind: text".
func (w *world) notifications(who events.Person) []string {
	w.Helper()
	entries, more, err := w.log.Read(w.ctx, events.Notify.Subject(who.ID), 0, 1000)
	w.must(err)
	if more {
		w.Fatal("more than 1000 notifications")
	}
	var all []string
	for _, e := range entries {
		ev, err := e.Event()
		w.must(err)
		data, err := events.DataOf[events.NotifiedData](ev)
		w.must(err)
		all = append(all, data.Kind+": "+w.textAt(data.Seq))
	}
	return all
}

// textAt returns what the message says that a notification is about.
func (w *world) textAt(seq uint64) string {
	w.Helper()
	e, err := w.log.Get(w.ctx, events.Chat, seq)
	w.must(err)
	ev, err := e.Event()
	w.must(err)
	data, err := events.DataOf[events.MessagePostedData](ev)
	w.must(err)
	return data.Text
}

// gets waits until the person has as many notifications as wanted and compares.
func (w *world) gets(who events.Person, want ...string) {
	w.Helper()
	testenv.Eventually(w, func() error {
		if got := w.notifications(who); len(got) < len(want) {
			return fmt.Errorf("%s got %q, want %q", who.Name, got, want)
		}
		return nil
	})
	if got := w.notifications(who); !slices.Equal(got, want) {
		w.Fatalf("%s got %q, want %q", who.Name, got, want)
	}
}

// worker returns a notifier's worker as a process of its own would have it.
func (w *world) worker(log *jetstream.Log) *notifier.Worker {
	return notifier.NewWorker(log, w.people, testenv.Logger(w, slog.LevelError), nil)
}

// works runs a worker until the returned function is called or the test ends.
func (w *world) works(log *jetstream.Log, worker jetstream.Worker) (stop func()) {
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = log.Work(ctx, jetstream.WorkOptions{Consumer: jetstream.NotifierChat}, worker)
	}()
	stop = func() { cancel(); <-done }
	w.Cleanup(stop)
	return stop
}

// starts runs a whole notifier, as a process of its own does.
func (w *world) starts(name string) (n *notifier.Notifier, stop func()) {
	w.Helper()
	log := w.connect(name)
	w.must(log.Check(w.ctx))
	n = notifier.New(notifier.Options{Log: log, People: w.people, Logger: testenv.Logger(w, slog.LevelError), Metrics: prometheus.NewRegistry()})
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := n.Run(ctx); err != nil {
			w.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	w.Cleanup(stop)
	return n, stop
}

// outlives waits until the broker has forgotten every message id so far.
func (w *world) outlives() {
	w.Helper()
	probe := events.New(events.CursorMoved, chat.NewID(), chat.NewID(), events.Person{}, time.Now(), events.CursorMovedData{})
	w.publish(probe)
	testenv.Eventually(w, func() error {
		_, duplicate, err := w.log.Publish(w.ctx, probe)
		if err == nil && duplicate {
			err = fmt.Errorf("%s is remembered", probe.ID)
		}
		return err
	})
}
