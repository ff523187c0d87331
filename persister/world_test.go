package persister_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/persister"
	"github.com/natter-chat/natter/sql"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// world is a log and a database of the test's own.
type world struct {
	*testing.T
	ctx context.Context
	url string
	log *jetstream.Log
	db  *sql.DB

	eraseAfter time.Duration
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, testenv.Postgres(t))
}

func newWorldOn(t *testing.T, database string) *world {
	t.Helper()
	url, _ := testenv.NATS(t)
	return newWorldWith(t, url, database)
}

func newWorldWith(t *testing.T, url, database string) *world {
	t.Helper()
	t.Parallel()
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	t.Cleanup(cancel)
	w := &world{T: t, ctx: ctx, url: url}
	w.db = w.open(database)
	w.log = w.connect("test")
	w.must(w.log.Setup(ctx, jetstream.SetupOptions{ChatBytes: 64 << 20}))
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) open(database string) *sql.DB {
	w.Helper()
	db, err := sql.Open(w.ctx, database, testenv.Logger(w, slog.LevelError), nil)
	w.must(err)
	w.Cleanup(db.Close)
	return db
}

func (w *world) connect(name string) *jetstream.Log {
	w.Helper()
	log, err := jetstream.Connect(w.ctx, jetstream.Options{URL: w.url, Name: name,
		Logger: testenv.Logger(w, slog.LevelError+1), Metrics: prometheus.NewRegistry()})
	w.must(err)
	w.Cleanup(log.Close)
	return log
}

// persister returns a persister as a process of its own has it.
func (w *world) persister(name string, db *sql.DB) *persister.Persister {
	w.Helper()
	log := w.connect(name)
	w.must(log.Check(w.ctx))
	return persister.New(persister.Options{Log: log, DB: db, Logger: testenv.Logger(w, slog.LevelError), Metrics: prometheus.NewRegistry(), EraseAfter: w.eraseAfter})
}

// starts runs a persister until the returned function is called or the test ends.
func (w *world) starts(name string) (p *persister.Persister, stop func()) {
	w.Helper()
	return w.startsOn(name, w.db)
}

func (w *world) startsOn(name string, db *sql.DB) (p *persister.Persister, stop func()) {
	w.Helper()
	p = w.persister(name, db)
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := p.Run(ctx); err != nil {
			w.Error(err)
		}
	}()
	stop = func() { cancel(); <-done }
	w.Cleanup(stop)
	return p, stop
}

func person(name string) events.Person { return events.Person{ID: chat.NewID(), Name: name} }

// message is an event that an edge would publish.
func message(room string, who events.Person, text string) events.Event {
	key := chat.NewID()
	return events.New(events.MessagePosted, chat.MessageID(who.ID, room, key), room, who, time.Now(),
		events.MessagePostedData{Key: key, Text: text})
}

func (w *world) publish(ev events.Event) uint64 {
	w.Helper()
	seq, _, err := w.log.Publish(w.ctx, ev)
	w.must(err)
	return seq
}

// entry is what the log and the tables must agree on.
type entry struct {
	seq  uint64
	body string
}

// logged returns all of a subject's entries in the log.
func (w *world) logged(subject string) (all []entry) {
	w.Helper()
	for after, more := uint64(0), true; more; {
		entries, rest, err := w.log.Read(w.ctx, subject, after, 500)
		w.must(err)
		for _, e := range entries {
			all = append(all, entry{e.Seq, string(e.Body)})
			after = e.Seq
		}
		more = rest
	}
	return all
}

// rows returns all of a room's rows, and the offset.
func (w *world) rows(db *sql.DB, room string) (all []entry, offset uint64) {
	w.Helper()
	for after := uint64(0); ; {
		page, err := db.RoomPage(w.ctx, "", room, after, 0, chat.MaxPage, true)
		w.must(err)
		for _, item := range page.Items {
			all = append(all, entry{item.Seq, string(item.Event)})
			after = item.Seq
		}
		if len(page.Items) == 0 {
			return all, page.Offset
		}
	}
}

// applied waits until the tables are true up to the end of CHAT.
func (w *world) applied(db *sql.DB) {
	w.Helper()
	state, err := w.log.State(w.ctx, events.Chat)
	w.must(err)
	testenv.Eventually(w, func() error {
		_, _, offset, err := db.EventByID(w.ctx, chat.NewID())
		if err == nil && offset < state.Last {
			err = fmt.Errorf("the tables are at %d, CHAT is at %d", offset, state.Last)
		}
		return err
	})
}
