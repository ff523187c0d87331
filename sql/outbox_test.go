package sql_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

func (w *world) flushIf(subject string) {
	w.t.Helper()
	if err := w.FlushOutbox(w.t.Context(), subject, w.log.publish); err != nil {
		w.t.Fatal(err)
	}
}

func TestAFailedPublishKeepsTheRestInOrder(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	id := chat.NewID()
	_, subject, err := w.Create(t.Context(), ada, chat.NewRoom{ID: id, Kind: chat.Public, Name: "News"})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Join(t.Context(), bob, id); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the log is down")
	published := 0
	err = w.FlushOutbox(t.Context(), subject, func(ctx context.Context, ev events.Event, written time.Time) (uint64, error) {
		if published++; published == 2 {
			return 0, broken
		}
		if age := time.Since(written); age < 0 || age > time.Minute {
			t.Errorf("written %s ago", age)
		}
		return w.log.publish(ctx, ev, written)
	})
	if !errors.Is(err, broken) {
		t.Fatalf("got %v", err)
	}
	if got := w.said(id); got != "room.created" {
		t.Fatalf("the room says %s", got)
	}
	w.flush(subject)
	if got := w.said(id); got != "room.created member.joined member.joined" {
		t.Errorf("the room says %s", got)
	}
}

// Without FOR UPDATE events are published several times.
func TestManyFlushersPublishEachEventOnce(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	id := chat.NewID()
	_, subject, err := w.Create(t.Context(), ada, chat.NewRoom{ID: id, Kind: chat.Public, Name: "News"})
	if err != nil {
		t.Fatal(err)
	}
	for range 10 {
		if _, _, err := w.Join(t.Context(), bob, id); err != nil {
			t.Fatal(err)
		}
		must[string](t)(w.Leave(t.Context(), bob, id))
	}
	before := w.log.last(events.Chat)
	errs := atOnce(20, func(int) error { return w.FlushOutbox(within(t, patience), subject, w.log.publish) })
	if tally(errs)[""] != 20 {
		t.Fatalf("got %v", errs)
	}
	if n := w.log.last(events.Chat) - before; n != 22 {
		t.Errorf("22 events were published %d times", n)
	}
}

func TestALogThatHangsDoesNotTakeThePool(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	var subjects []string
	for range 30 {
		_, subject, err := w.Create(t.Context(), ada, chat.NewRoom{ID: chat.NewID(), Kind: chat.Public, Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		subjects = append(subjects, subject)
	}
	ctx, cancel := context.WithCancel(t.Context())
	hanging := make(chan struct{}, len(subjects))
	ended := make(chan []error)
	var calls atomic.Int32
	go func() {
		ended <- atOnce(len(subjects), func(i int) error {
			return w.FlushOutbox(ctx, subjects[i], func(ctx context.Context, _ events.Event, _ time.Time) (uint64, error) {
				calls.Add(1)
				hanging <- struct{}{}
				<-ctx.Done()
				return 0, ctx.Err()
			})
		})
	}()
	<-hanging
	if _, err := w.Memberships(t.Context(), []chat.Seat{{User: ada.ID, Room: sql.LobbyID}}); err != nil {
		t.Errorf("while the log hangs: %v", err)
	}
	cancel()
	for _, err := range <-ended {
		if err == nil {
			t.Error("a flush that published nothing reported success")
		}
	}
	if n := calls.Load(); n > 8 {
		t.Errorf("%d flushers held a connection at once", n)
	}
	for _, subject := range subjects {
		w.flush(subject)
	}
}

func TestTheSweeperFindsWhatWasLeftBehind(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	var left []string
	for range 3 {
		_, subject, err := w.Create(t.Context(), ada, chat.NewRoom{ID: chat.NewID(), Kind: chat.Public, Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, subject)
	}
	if got := must[[]string](t)(w.OutboxSubjects(t.Context(), 0, 10)); !slices.Equal(got, left) {
		t.Errorf("got %v, want %v", got, left)
	}
	if got := must[[]string](t)(w.OutboxSubjects(t.Context(), 0, 2)); !slices.Equal(got, left[:2]) {
		t.Errorf("got %v, want %v", got, left[:2])
	}
	if got := must[[]string](t)(w.OutboxSubjects(t.Context(), time.Hour, 10)); len(got) != 0 {
		t.Errorf("an hour old: %v", got)
	}
	for _, subject := range left {
		w.flush(subject)
	}
	if got := must[[]string](t)(w.OutboxSubjects(t.Context(), 0, 10)); len(got) != 0 {
		t.Errorf("after the flush: %v", got)
	}
	if err := w.FlushOutbox(t.Context(), left[0], w.log.publish); err != nil {
		t.Errorf("flushing nothing: %v", err)
	}
}

func TestAStreamThatTakesNothingHidesNoOtherFromTheSweeper(t *testing.T) {
	w := newWorld(t)
	for range 20 {
		must[string](t)(w.NoteFailedLogins(t.Context(), chat.NewID(), 1, chat.Device{}))
	}
	_, left, err := w.Create(t.Context(), w.person("ada"), chat.NewRoom{ID: chat.NewID(), Kind: chat.Public, Name: "x"})
	if err != nil {
		t.Fatal(err)
	}
	got := must[[]string](t)(w.OutboxSubjects(t.Context(), 0, 10))
	if len(got) != 11 || got[1] != left {
		t.Errorf("%d subjects, the room's is at %d", len(got), slices.Index(got, left))
	}
}

func TestTheTraceOfACommandGoesWithItsEventsHoweverLateTheyArePublished(t *testing.T) {
	w := newWorld(t)
	ctx := events.WithTrace(t.Context())
	_, subject, err := w.Create(ctx, w.person("ada"), chat.NewRoom{ID: chat.NewID(), Kind: chat.Public, Name: "News"})
	if err != nil {
		t.Fatal(err)
	}
	err = w.FlushOutbox(t.Context(), subject, func(_ context.Context, ev events.Event, _ time.Time) (uint64, error) {
		if ev.Trace != events.TraceOf(ctx) || ev.Trace == "" {
			t.Errorf("%s carries %q, the command %q", ev.Type, ev.Trace, events.TraceOf(ctx))
		}
		return w.log.publish(t.Context(), ev, time.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
}
