package sql_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/sql"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// patience is what a test waits for work that runs beside it.
const patience = testenv.Patience

// world is a private database and what tests do to it.
type world struct {
	*sql.DB
	t   *testing.T
	url string
	log *fakeLog

	once  sync.Once // see past
	conns *pgxpool.Pool
}

func newWorld(t *testing.T) *world {
	t.Helper()
	url := testenv.Postgres(t)
	db := open(t, url)
	return &world{DB: db, t: t, url: url, log: &fakeLog{}}
}

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open(t.Context(), url, testenv.Logger(t, slog.LevelInfo), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// past returns connections of the test's own, past what it tests.
func (w *world) past() *pgxpool.Pool {
	w.t.Helper()
	w.once.Do(func() {
		w.conns = must[*pgxpool.Pool](w.t)(pgxpool.New(w.t.Context(), w.url))
		w.t.Cleanup(w.conns.Close)
	})
	return w.conns
}

// Close ends all sessions of the world.
func (w *world) Close() {
	w.DB.Close()
	w.past().Close()
}

// exec runs a statement that no method of DB has, such as one that turns back
// a clock.
func (w *world) exec(statement string, args ...any) {
	w.t.Helper()
	if _, err := w.past().Exec(w.t.Context(), statement, args...); err != nil {
		w.t.Fatalf("%s: %v", statement, err)
	}
}

// strings returns what a query finds, a text a row.
func (w *world) strings(query string, args ...any) []string {
	w.t.Helper()
	rows, err := w.past().Query(w.t.Context(), query, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return must[[]string](w.t)(pgx.CollectRows(rows, pgx.RowTo[string]))
}

// person signs somebody up and publishes the outbox.
func (w *world) person(name string) events.Person {
	w.t.Helper()
	s, subjects, err := w.SignUp(w.t.Context(), chat.NewAccount{Name: name, PasswordHash: "hash of " + name}, chat.Device{})
	if err != nil {
		w.t.Fatal(err)
	}
	w.flush(subjects...)
	return s.User
}

// flush publishes the subjects' events into the log.
func (w *world) flush(subjects ...string) {
	w.t.Helper()
	for _, subject := range subjects {
		if subject == "" {
			w.t.Fatal("nothing was written into the outbox")
		}
		if err := w.FlushOutbox(w.t.Context(), subject, w.log.publish); err != nil {
			w.t.Fatal(err)
		}
	}
}

// within returns a context for what runs beside the test.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// wants fails the test unless err has the code; "" for no error.
func wants(t *testing.T, err error, code chat.Code) {
	t.Helper()
	if chat.CodeOf(err) != code {
		t.Fatalf("got %v, want %q", err, code)
	}
}

// atOnce runs fn n times, all released at the same moment, and returns their
// errors. Whoever waited for longer than a question may take, with nothing done,
// asks again, as clients do.
func atOnce(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			for range 10 {
				if errs[i] = fn(i); chat.CodeOf(errs[i]) != chat.Unavailable {
					return
				}
			}
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	return errs
}

// whileLocked runs fn while a transaction holds what lock takes, until n
// connections wait for it: then it does what else it is to do, and they all go on
// at the same moment.
func (w *world) whileLocked(lock string, n int, fn func(), then ...string) {
	w.t.Helper()
	ctx := within(w.t, patience)
	conn, err := pgx.Connect(ctx, w.url)
	if err != nil {
		w.t.Fatal(err)
	}
	defer conn.Close(context.Background())
	tx := must[pgx.Tx](w.t)(conn.Begin(ctx))
	if _, err := tx.Exec(ctx, lock); err != nil {
		w.t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(fn)
	for waiting := 0; waiting < n; {
		err := tx.QueryRow(ctx, `
			SELECT count(*) FROM (SELECT pg_stat_clear_snapshot()) fresh, pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		if err != nil {
			w.t.Fatalf("%d of %d wait for the lock: %v", waiting, n, err)
		}
	}
	for _, change := range then {
		if _, err := tx.Exec(ctx, change); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		w.t.Fatal(err)
	}
	done.Wait()
}

// tally counts errors by code.
func tally(errs []error) map[chat.Code]int {
	counts := map[chat.Code]int{}
	for _, err := range errs {
		counts[chat.CodeOf(err)]++
	}
	return counts
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
