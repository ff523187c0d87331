package persister_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/sql"
)

var ada, bob = person("ada"), person("bob")

// chatter posts n messages into each room, all rooms at once.
func (w *world) chatter(rooms []string, n int) {
	w.Helper()
	var group errgroup.Group
	for _, room := range rooms {
		group.Go(func() error {
			for i := range n {
				if _, _, err := w.log.Publish(w.ctx, message(room, ada, fmt.Sprint("line ", i))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	w.must(group.Wait())
}

func someRooms(n int) (rooms []string) {
	for range n {
		rooms = append(rooms, chat.NewID())
	}
	return rooms
}

// sameAsLog compares the rows of the rooms with the log, byte by byte.
func (w *world) sameAsLog(db *sql.DB, rooms []string) {
	w.Helper()
	w.applied(db)
	for _, room := range rooms {
		want := w.logged(events.Chat.Subject(room))
		if got, _ := w.rows(db, room); !slices.Equal(got, want) {
			w.Errorf("room %s has %d rows, the log has %d entries; they differ", room, len(got), len(want))
		}
	}
	w.noDeadLetters(db)
}

func (w *world) noDeadLetters(db *sql.DB) {
	w.Helper()
	for _, s := range []events.Stream{events.Chat, events.Reads, events.Notify} {
		letters, err := db.DeadLetters(w.ctx, s, 0, 10)
		w.must(err)
		for _, l := range letters {
			w.Errorf("%s %d is a dead letter: %s", s, l.Seq, l.Reason)
		}
	}
	state, err := w.log.State(w.ctx, events.Dead)
	w.must(err)
	if state.Last > 0 {
		w.Errorf("the log holds %d dead letters", state.Last)
	}
}

func TestTheTablesAreWhatTheLogSays(t *testing.T) {
	w := newWorld(t)
	p, stop := w.starts("persister-1")
	rooms := someRooms(5)
	w.chatter(rooms, 60)
	w.sameAsLog(w.db, rooms)
	testenv.Eventually(w, func() error { return p.Ready(w.ctx) })

	w.starts("persister-2") // which stands by, and takes over
	stop()
	w.chatter(rooms, 10)
	w.sameAsLog(w.db, rooms)
}

func TestAnEmptyDatabaseCatchesUpFromTheLog(t *testing.T) {
	w := newWorld(t)
	_, stop := w.starts("persister-1")
	rooms := someRooms(5)
	w.chatter(rooms, 60)
	w.applied(w.db)
	stop() // all is acked: the consumer stands at the end
	empty := w.open(testenv.Postgres(t))
	w.startsOn("rebuild", empty)
	w.chatter(rooms[:1], 1)
	w.sameAsLog(empty, rooms)
}

// killer stands for a process that dies between its commit and its ack.
type killer struct {
	jetstream.Preparer
	die func()
}

var errKilled = errors.New("killed")

func (k killer) Apply(ctx context.Context, b events.Batch) error { return k.Prepare(b)(ctx) }

func (k killer) Prepare(b events.Batch) func(context.Context) error {
	apply := k.Preparer.Prepare(b)
	return func(ctx context.Context) error {
		if err := apply(ctx); err != nil {
			return err
		}
		k.die()
		return errKilled
	}
}

func TestAPersisterThatDiesBetweenCommitAndAckDoublesAndLosesNothing(t *testing.T) {
	w := newWorld(t)
	rooms := someRooms(4)
	load, posted := context.WithCancel(w.ctx)
	go func() { w.chatter(rooms, 120); posted() }()
	last := uint64(0)
	for try := range 2 {
		p := w.persister(fmt.Sprint("killed-", try), w.db)
		ctx, cancel := context.WithCancel(w.ctx)
		err := p.Log.Work(ctx, jetstream.WorkOptions{Consumer: jetstream.PersisterChat}, killer{p.Worker(jetstream.PersisterChat).(jetstream.Preparer), cancel})
		w.must(err)
		p.Log.Close()
		_, _, offset, err := w.db.EventByID(w.ctx, chat.NewID())
		w.must(err)
		if offset <= last {
			t.Fatalf("the fault did not hit: the offset is %d, was %d", offset, last)
		}
		last = offset
	}
	w.starts("persister-1")
	<-load.Done()
	w.sameAsLog(w.db, rooms)
}

func TestAPersisterThatWasReplacedCommitsNothing(t *testing.T) {
	w := newWorld(t)
	room := chat.NewID()
	w.chatter([]string{room}, 3)
	entries, _, err := w.log.Read(w.ctx, events.Chat.Subject(room), 0, 10)
	w.must(err)
	batch := events.Batch{Stream: events.Chat, Incarnation: w.log.Incarnation(events.Chat), To: entries[2].Seq, Entries: entries}
	p := w.persister("persister-1", w.db)
	active, zombie := p.Worker(jetstream.PersisterChat), p.Worker(jetstream.PersisterChat)
	for _, worker := range []jetstream.Worker{active, zombie} {
		_, err := worker.Offset(w.ctx, events.Chat, batch.Incarnation)
		w.must(err)
	}
	w.must(active.Apply(w.ctx, batch))
	if err := zombie.Apply(w.ctx, batch); !errors.Is(err, jetstream.ErrFenced) {
		t.Errorf("the zombie's batch: %v", err)
	}
	burial := events.Burial{Stream: events.Chat, Incarnation: batch.Incarnation, Entry: entries[0], Reason: "zombie"}
	if err := zombie.Bury(w.ctx, burial); !errors.Is(err, jetstream.ErrFenced) {
		t.Errorf("the zombie's burial: %v", err)
	}
	w.sameAsLog(w.db, []string{room})
}

func TestADatabaseThatIsDownIsNoReasonForADeadLetter(t *testing.T) {
	server := testenv.StartPostgres(t, local.PostgresOptions{})
	w := newWorldOn(t, server.URL())
	w.must(w.db.Migrate(w.ctx))
	p, _ := w.starts("persister-1")
	rooms := someRooms(2)
	w.chatter(rooms, 50)
	w.applied(w.db)
	server.Kill()
	w.chatter(rooms, 50)
	testenv.Eventually(w, func() error {
		if p.Ready(w.ctx) == nil {
			return errors.New("it is ready although the database is down")
		}
		return nil
	})
	w.must(server.Restart(w.ctx))
	w.sameAsLog(w.db, rooms)
	testenv.Eventually(w, func() error { return p.Ready(w.ctx) })
}
