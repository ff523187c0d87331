package edge

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/sql"
)

// world is a real log and a real database, with as many edges as a test wants.
// Nothing is stored unless the test says persist.
type world struct {
	t         *testing.T
	db        *sql.DB
	log       *jetstream.Log
	nats, mon string
	postgres  string
	secret    string
	edges     int
	letters   *letterbox
}

// newWorld makes the world of a test that runs beside others: most of them wait.
func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	return newLoneWorld(t)
}

// newLoneWorld makes the world of a test that looks at the whole process.
func newLoneWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, secret: auth.NewSecret(), letters: newLetterbox()}
	w.nats, w.mon = testenv.NATS(t)
	w.postgres = testenv.Postgres(t)
	db, err := sql.Open(t.Context(), w.postgres, testenv.Logger(t, slog.LevelWarn), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	w.db = db
	w.log = w.connect("test")
	if err := w.log.Setup(t.Context(), jetstream.SetupOptions{ChatBytes: 64 << 20}); err != nil {
		t.Fatal(err)
	}
	if err := w.log.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) connect(name string) *jetstream.Log {
	w.t.Helper()
	l, err := jetstream.Connect(w.t.Context(), jetstream.Options{URL: w.nats, MonitorURL: w.mon, Name: name, Logger: testenv.Logger(w.t, slog.LevelWarn)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(l.Close)
	return l
}

// quick hashes passwords at no price. Package auth has the tests of the real hash.
type quick struct{}

func (quick) Hash(_ context.Context, password string) (string, error) {
	return fmt.Sprintf("%x", sha256.Sum256([]byte(password))), nil
}

func (q quick) Matches(ctx context.Context, password, hash string) (bool, error) {
	same, err := q.Hash(ctx, password)
	return same == hash, err
}

// outbox publishes as a role's main wires it.
type outbox struct {
	db  *sql.DB
	log *jetstream.Log
}

func (o outbox) Flush(ctx context.Context, subject string) error {
	return o.db.FlushOutbox(ctx, subject, o.log.PublishOnce)
}

// seat returns what the database says of somebody's membership.
func (w *world) seat(p *person, room string) (chat.Membership, error) {
	seat := chat.Seat{User: p.id, Room: room}
	found, err := w.db.Memberships(w.t.Context(), []chat.Seat{seat})
	return found[seat], err
}

// node is a running edge with an address.
type node struct {
	*Edge
	url     string
	client  *http.Client
	letters *letterbox // of the world
}

// edge starts another edge with a connection of its own.
func (w *world) edge(options ...func(*Config, *Deps)) *node {
	w.t.Helper()
	w.edges++
	log := w.connect(fmt.Sprintf("edge-%d", w.edges))
	if err := log.Check(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	secrets, err := auth.ParseSecrets(w.secret)
	if err != nil {
		w.t.Fatal(err)
	}
	keys, err := auth.NewKeys(secrets, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	passwords, err := auth.NewPasswords(quick{}, quick{}, 0, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	cfg := Config{MaxConnections: 1000, Sessions: chat.MaxSessions}
	deps := Deps{Log: log, Accounts: w.db, Codes: w.db, Mail: w.letters, Rooms: w.db, Directory: w.db, Rows: w.db, Messages: w.db, Reading: w.db, Finder: w.db, Staff: w.db, Tokens: w.db, Invitations: w.db, Outbox: outbox{w.db, log}, Attempts: w.db, Crowds: w.db,
		Keys: keys, Passwords: passwords, Logger: testenv.Logger(w.t, slog.LevelWarn),
		Page: fstest.MapFS{"index.html": {Data: []byte("<!doctype html><title>natter</title>")}, "app.js": {Data: []byte("export {}\n")}}}
	for _, set := range options {
		set(&cfg, &deps)
	}
	e, err := New(cfg, deps)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.serve(e)
}

// serve runs e behind its own server until the test ends.
func (w *world) serve(e *Edge) *node {
	w.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ran, served := make(chan error, 1), make(chan error, 1)
	server := e.Server()
	go func() { ran <- e.Run(ctx) }()
	go func() { served <- server.Serve(listener) }()
	n := &node{Edge: e, url: "http://" + listener.Addr().String(), client: &http.Client{Transport: &http.Transport{}}, letters: w.letters}
	w.t.Cleanup(func() {
		n.client.CloseIdleConnections()
		server.Close()
		<-served
		cancel()
		if err := <-ran; err != nil {
			w.t.Errorf("Run: %v", err)
		}
	})
	testenv.Until(w.t, "the edge is ready", func() bool { return e.Ready() == nil })
	return n
}

// persist folds all that the log holds into the tables, as the persister would.
func (w *world) persist() {
	w.t.Helper()
	w.persistUpTo(math.MaxInt64)
}

// persistUpTo is persist by a persister that has not come further in any stream.
func (w *world) persistUpTo(most uint64) {
	w.t.Helper()
	for consumer, stream := range map[string]events.Stream{
		sql.ChatConsumer: events.Chat, sql.ReadsConsumer: events.Reads, sql.NotifyConsumer: events.Notify, sql.AuditConsumer: events.Audit,
		sql.SearchConsumer: events.Chat,
	} {
		fold := w.db.Projection(consumer)
		for more := true; more; {
			from, err := fold.Offset(w.t.Context(), stream, w.log.Incarnation(stream))
			if err != nil {
				w.t.Fatal(err)
			}
			var entries []events.Entry
			if entries, more, err = w.log.Read(w.t.Context(), stream.Prefix()+"*", from, 500); err != nil {
				w.t.Fatal(err)
			}
			entries = slices.DeleteFunc(entries, func(entry events.Entry) bool { return entry.Seq > most })
			if len(entries) == 0 {
				break
			}
			batch := events.Batch{Stream: stream, Incarnation: w.log.Incarnation(stream), From: from, To: entries[len(entries)-1].Seq}
			for _, entry := range entries {
				if _, err := entry.Event(); err == nil {
					batch.Entries = append(batch.Entries, entry)
				}
			}
			if err := fold.Apply(w.t.Context(), batch); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}
