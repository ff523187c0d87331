package audit

import (
	"context"
	database "database/sql"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/notifier"
	"github.com/natter-chat/natter/persister"
	"github.com/natter-chat/natter/sql"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// world is a log, a database, and a persister and a notifier that connect them
// until they rest.
type world struct {
	*testing.T
	ctx  context.Context
	url  string
	log  *jetstream.Log
	db   *sql.DB
	raw  *database.DB // for what natter's own code would never do
	rest func()

	ann, ben events.Person
	room     string
}

// newWorld is a world in which a little of everything has happened.
func newWorld(t *testing.T, o jetstream.SetupOptions) *world {
	t.Helper()
	url, _ := testenv.NATS(t)
	return newWorldOn(t, url, o)
}

func newWorldOn(t *testing.T, url string, o jetstream.SetupOptions) *world {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	t.Cleanup(cancel)
	w := &world{T: t, ctx: ctx, url: url}
	var err error
	address := testenv.Postgres(t)
	w.db, err = sql.Open(ctx, address, testenv.Logger(t, slog.LevelError), nil)
	w.must(err)
	t.Cleanup(w.db.Close)
	w.raw, err = database.Open("pgx", address)
	w.must(err)
	t.Cleanup(func() { w.raw.Close() })
	w.log = w.connect("test")
	o.ChatBytes = 64 << 20
	testenv.Eventually(w, func() error { return w.log.Setup(ctx, o) }) // three servers elect a leader first
	w.works()
	w.live()
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
		Logger: testenv.Logger(w, slog.LevelError+1), Metrics: prometheus.NewRegistry()})
	w.must(err)
	w.Cleanup(log.Close)
	return log
}

// works runs a persister and a notifier until rest is called.
func (w *world) works() {
	w.Helper()
	log := w.connect("worker")
	w.must(log.Check(w.ctx))
	logger := testenv.Logger(w, slog.LevelError+1)
	ctx, cancel := context.WithCancel(w.ctx)
	done := make(chan error, 2)
	p := persister.New(persister.Options{Log: log, DB: w.db, Logger: logger, Metrics: prometheus.NewRegistry()})
	n := notifier.New(notifier.Options{Log: log, People: w.db, Logger: logger, Metrics: prometheus.NewRegistry()})
	go func() { done <- p.Run(ctx) }()
	go func() { done <- n.Run(ctx) }()
	left := 2
	w.rest = func() {
		cancel()
		for ; left > 0; left-- {
			if err := <-done; err != nil {
				w.Error(err)
			}
		}
	}
	w.Cleanup(w.rest)
}

// live makes two people, a room and a direct one, messages, marks and an entry
// that nobody can apply.
func (w *world) live() {
	w.Helper()
	w.ann, w.ben = w.person("ann"), w.person("ben")
	w.room = chat.NewID()
	_, subject, err := w.db.Create(w.ctx, w.ann, chat.NewRoom{ID: w.room, Kind: chat.Private, Name: "tea"})
	w.publishes(subject, err)
	subject, err = w.db.Invite(w.ctx, w.ann, w.room, w.ben.Name)
	w.publishes(subject, err)
	_, subject, err = w.db.Join(w.ctx, w.ben, w.room)
	w.publishes(subject, err)
	w.says("hello")
	seq := w.says("look, @ben", w.ben)
	w.says(strings.Repeat("long ", 60)+"@ben", w.ben, w.ann, w.ben)
	w.direct("just us")
	for _, subject := range w.betrays() {
		w.publishes(subject, nil)
	}
	w.publish(garbage(events.Chat, w.room))
	w.publish(garbage(events.Reads, w.room))
	for _, up := range []uint64{seq, seq - 1} {
		w.publish(events.New(events.ReadMarked, chat.NewID(), w.room, w.ben, time.Now(), events.ReadMarkedData{Seq: up}))
	}
	w.settled()
	state, err := w.log.State(w.ctx, events.Notify)
	w.must(err)
	w.publish(events.New(events.NotificationRead, chat.NewID(), w.ben.ID, w.ben, time.Now(), events.NotificationReadData{UpTo: state.Last, Room: w.room}))
	newer := events.New(events.MessagePosted, chat.NewID(), w.room, w.ann, time.Now(), struct{}{})
	newer.Version = events.Version + 1
	w.publish(newer)
	w.says("after")
	w.settled()
}
