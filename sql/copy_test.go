package sql_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/sql"
)

// Without the second try, the batch is refused as a whole.
func TestOfABatchWhosePartHasRowsTheRestIsWritten(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	room := w.room(ada, chat.Public, "News")
	var first []events.Event
	for i := range 5 {
		first = append(first, posted(ada, room, fmt.Sprint(i), ada))
		w.log.append(first[i])
	}
	w.fold()
	before := w.projected()
	for i, ev := range first { // posted again, long after the broker has forgotten it
		w.log.append(ev)
		w.log.append(posted(ada, room, fmt.Sprint("new ", i), ada))
	}
	w.fold()
	after := w.projected()
	for _, table := range []string{"events", "mentions"} {
		if n := len(after[table]); n != len(before[table])+5 {
			t.Errorf("%s: %d rows, then %d", table, len(before[table]), n)
		}
		for _, row := range before[table] {
			if !slices.Contains(after[table], row) {
				t.Errorf("%s has lost %s", table, row)
			}
		}
	}
}

func TestABatchWhosePartHasRowsIsNoFailureOfTheDatabase(t *testing.T) {
	w := newWorld(t)
	registry := prometheus.NewRegistry()
	db := must[*sql.DB](t)(sql.Open(t.Context(), w.url, testenv.Logger(t, 0), registry))
	t.Cleanup(db.Close)
	failures := func() int {
		return must[int](t)(testutil.GatherAndCount(registry, "natter_sql_failures_total"))
	}
	ada := w.person("ada")
	ev := posted(ada, sql.LobbyID, "x")
	w.log.append(ev)
	w.fold()
	at := w.log.last(events.Chat)
	w.log.append(ev)
	if err := db.Projection(sql.ChatConsumer).Apply(t.Context(), w.log.batch(events.Chat, at, at+1)); err != nil || failures() != 0 {
		t.Errorf("%v, %d classes of failures", err, failures())
	}
	w.log.append(posted(ada, sql.LobbyID, "y"))
	w.exec(`INSERT INTO events SELECT room_id, $1, gen_random_uuid(), type, actor_id, at, envelope FROM events LIMIT 1`, at+2)
	w.exec(`UPDATE events SET room_id = $2 WHERE seq = $1`, at+2, sql.LobbyID)
	if err := db.Projection(sql.ChatConsumer).Apply(t.Context(), w.log.batch(events.Chat, at+1, at+2)); err == nil || failures() != 1 {
		t.Errorf("another event at a sequence that has a row: %v, %d classes of failures", err, failures())
	}
}

// A hardened server permits nobody to end another's backend.
func TestTheOffsetIsReadWhereNoBackendMayBeEnded(t *testing.T) {
	w := newWorld(t)
	w.exec(`ALTER FUNCTION pg_catalog.pg_terminate_backend(integer, bigint) RENAME TO not_for_you`)
	if _, err := w.Projection(sql.ChatConsumer).Offset(t.Context(), events.Chat, incarnation); err != nil {
		t.Error(err)
	}
}

func TestABatchOfNothingNewMovesTheOffset(t *testing.T) {
	w := newWorld(t)
	ev := posted(w.person("ada"), sql.LobbyID, "x")
	w.log.append(ev)
	w.fold()
	w.log.append(ev)
	w.fold()
	at := must[uint64](t)(w.Projection(sql.ChatConsumer).Offset(t.Context(), events.Chat, incarnation))
	if at != w.log.last(events.Chat) {
		t.Errorf("the offset is %d, CHAT ends at %d", at, w.log.last(events.Chat))
	}
}

func TestAPreparedBatchIsAppliedAfterItFailed(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	w.fold()
	at := w.log.last(events.Chat)
	for range 5 {
		w.log.append(posted(ada, sql.LobbyID, "x", ada))
	}
	rows := must[*sql.Prepared](t)(w.Projection(sql.ChatConsumer).Prepare(w.log.batch(events.Chat, at, at+5)))
	w.exec(`ALTER TABLE mentions RENAME TO elsewhere`)
	if err := rows.Apply(t.Context()); err == nil || sql.IsPermanent(err) {
		t.Fatalf("got %v", err)
	}
	if n := len(w.dump("events")); n != int(at) {
		t.Errorf("%d rows of a batch that failed", n-int(at))
	}
	w.exec(`ALTER TABLE elsewhere RENAME TO mentions`)
	if err := rows.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(w.dump("events")); n != int(at)+5 {
		t.Errorf("%d rows of 5 entries", n-int(at))
	}
}

// Without endStuckCopies, whoever takes over waits for as long as the other is stopped.
func TestAProcessThatStopsWhileItSendsRowsKeepsTheOffsetForSecondsOnly(t *testing.T) {
	w := newWorld(t)
	w.log.append(posted(w.person("ada"), sql.LobbyID, "x"))
	w.fold()
	stopped, err := pgx.Connect(t.Context(), w.url)
	if err != nil {
		t.Fatal(err)
	}
	defer stopped.Close(context.Background())
	if _, err := stopped.Exec(t.Context(), `BEGIN; UPDATE offsets SET seq = seq + 1`); err != nil {
		t.Fatal(err)
	}
	never, end := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		_, err := stopped.PgConn().CopyFrom(context.Background(), never, `COPY events (room_id, seq) FROM STDIN`)
		ended <- err
	}()
	t.Cleanup(func() { end.Close() })
	p, began := w.Projection(sql.ChatConsumer), time.Now()
	for {
		at, err := p.Offset(t.Context(), events.Chat, incarnation)
		if err == nil && at != w.log.last(events.Chat) {
			t.Errorf("the offset is %d", at)
		}
		if err == nil {
			break
		}
		if time.Since(began) > patience {
			t.Fatalf("after %s: %v", time.Since(began), err)
		}
	}
	end.Close()
	if err := <-ended; err == nil {
		t.Error("the stopped one's rows were taken")
	}
}
