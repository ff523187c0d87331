package jetstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// table is a Worker like a database: what instances share. It refuses texts
// that say "refuse", and fails while down.
type table struct {
	mu       sync.Mutex
	offset   uint64
	rows     []string
	buried   []string
	down     bool
	unfenced bool // a broken guard, to see the tests red
}

func (w *table) Offset(context.Context, events.Stream, string) (uint64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.offset, nil
}

func (w *table) Apply(_ context.Context, b events.Batch) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return errors.New("the database is down")
	}
	if w.offset != b.From && !w.unfenced {
		return ErrFenced
	}
	for _, e := range b.Entries {
		if strings.Contains(string(e.Body), "refuse") {
			return Permanent(errors.New("refused by the database"))
		}
		if _, err := e.Event(); err != nil {
			return Permanent(err)
		}
	}
	for _, e := range b.Entries {
		ev, _ := e.Event()
		data, _ := events.DataOf[events.MessagePostedData](ev)
		w.rows = append(w.rows, data.Text)
	}
	w.offset = b.To
	return nil
}

func (w *table) Bury(_ context.Context, b events.Burial) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.offset != b.From && !w.unfenced {
		return ErrFenced
	}
	w.buried, w.offset = append(w.buried, b.Reason), b.Entry.Seq
	return nil
}

func (w *table) has(n int) func() bool {
	return func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.rows) >= n }
}

// work starts an instance and returns a function that stops it and waits.
func work(t *testing.T, l *Log, w Worker) (stop func()) {
	return workAs(t, l, w, WorkOptions{Consumer: PersisterChat})
}

func workAs(t *testing.T, l *Log, w Worker, o WorkOptions) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); l.Work(ctx, o, w) }()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(stop)
	return stop
}

func (w *table) isInOrder(t *testing.T, n int) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.rows) != n {
		t.Errorf("%d rows, want %d", len(w.rows), n)
	}
	for i, row := range w.rows {
		if row != fmt.Sprint(i) {
			t.Fatalf("row %d is %q", i, row)
		}
	}
}

func postMany(t *testing.T, l *Log, room string, from, to int) {
	t.Helper()
	var wg sync.WaitGroup
	wg.Add(to - from)
	for i := from; i < to; i++ {
		l.PublishAsync(post(room, fmt.Sprint(i)), func(_ uint64, _ bool, err error) {
			if err != nil {
				t.Error(err)
			}
			wg.Done()
		})
	}
	wg.Wait()
}

func TestInstancesTakeOverFromOneAnotherInOrderAndDoubleNothing(t *testing.T) {
	leaks(t)
	l := newLog(t)
	room, w := chat.NewID(), &table{}
	n := 0
	for range 4 {
		stop := work(t, l, w)
		standby := work(t, l, w)
		postMany(t, l, room, n, n+300)
		n += 300
		testenv.Until(t, "the posts are applied", w.has(n))
		stop()
		postMany(t, l, room, n, n+50)
		n += 50
		testenv.Until(t, "the standby has taken over", w.has(n))
		standby()
	}
	w.isInOrder(t, n)
}

// thief moves the offset behind an instance's back, as a second active one would.
type thief struct {
	*table
	steal sync.Once
}

func (w *thief) Apply(ctx context.Context, b events.Batch) error {
	w.steal.Do(func() { w.table.Apply(ctx, b) })
	return w.table.Apply(ctx, b)
}

func TestABatchThatAnotherInstanceAppliedHasNoEffectAgain(t *testing.T) {
	l := newLog(t)
	room, w := chat.NewID(), &thief{table: &table{}}
	postMany(t, l, room, 0, 100)
	work(t, l, w)
	testenv.Until(t, "the posts are applied", w.has(100))
	postMany(t, l, room, 100, 150)
	testenv.Until(t, "work goes on", w.has(150))
	w.isInOrder(t, 150)
	if testutil.ToFloat64(l.metrics.fenced.WithLabelValues(string(PersisterChat))) == 0 {
		t.Error("no batch was fenced")
	}
}

func TestWhatCannotBeAppliedGoesToTheDeadLettersAndTheRestIsApplied(t *testing.T) {
	l := newLog(t)
	room, w := chat.NewID(), &table{}
	postMany(t, l, room, 0, 100)
	publish(t, l, post(room, "refuse this"))
	if _, err := l.write.Request(events.Chat.Subject(room), []byte("{not json"), attemptTimeout); err != nil {
		t.Fatal(err)
	}
	if _, err := l.write.Request(events.Chat.Subject(room), bytes.Repeat([]byte("x"), maxEntry-1000), attemptTimeout); err != nil {
		t.Fatal(err)
	}
	postMany(t, l, room, 100, 200)
	work(t, l, w)
	testenv.Until(t, "the rest is applied", w.has(200))
	w.isInOrder(t, 200)
	letters, _, err := l.Read(t.Context(), events.Dead.Prefix()+string(PersisterChat), 0, 10)
	if err != nil || len(letters) != 3 || len(w.buried) != 3 {
		t.Fatalf("%d dead letters, %d buried, %v", len(letters), len(w.buried), err)
	}
	if err := l.Discard(t.Context(), letters[1].Seq); err != nil {
		t.Error(err)
	}
	if left, _, err := l.Read(t.Context(), letters[0].Subject, 0, 10); err != nil || len(left) != 2 {
		t.Errorf("%d letters are left after one was discarded, %v", len(left), err)
	}
	if err := l.Discard(t.Context(), letters[1].Seq); !errors.Is(err, &chat.Error{Code: chat.NotFound}) {
		t.Errorf("discarded twice: %v", err)
	}
	for i, reason := range []string{"refused by the database", "undecodable event", "more than an event has"} {
		if !strings.Contains(string(letters[i].Body), reason) || !strings.Contains(w.buried[i], reason) {
			t.Errorf("letter %d: %.300s; buried %q", i, letters[i].Body, w.buried[i])
		}
	}
}

func TestADatabaseThatIsDownDelaysAndBuriesNothing(t *testing.T) {
	l := newLog(t)
	room, w := chat.NewID(), &table{down: true}
	work(t, l, w)
	postMany(t, l, room, 0, 100)
	w.mu.Lock()
	w.down = false
	w.mu.Unlock()
	testenv.Until(t, "the posts are applied", w.has(100))
	w.isInOrder(t, 100)
	if len(w.buried) != 0 {
		t.Errorf("buried %q", w.buried)
	}
}

func TestAConsumerThatIsDeletedIsMadeAgainAndGoesOnAtTheOffset(t *testing.T) {
	l := newLog(t)
	room, w := chat.NewID(), &table{}
	work(t, l, w)
	postMany(t, l, room, 0, 100)
	testenv.Until(t, "the posts are applied", w.has(100))
	if err := l.js.DeleteConsumer(t.Context(), string(events.Chat), string(PersisterChat)); err != nil {
		t.Fatal(err)
	}
	postMany(t, l, room, 100, 200)
	testenv.Until(t, "work goes on", w.has(200))
	w.isInOrder(t, 200)
}

func TestAnOffsetFromAnOlderBackupIsCaughtUp(t *testing.T) {
	l := newLog(t)
	room, w := chat.NewID(), &table{}
	stop := work(t, l, w)
	postMany(t, l, room, 0, 300)
	testenv.Until(t, "the posts are applied", w.has(300))
	stop()
	w.rows, w.offset = w.rows[:120], 120
	work(t, l, w)
	postMany(t, l, room, 300, 301)
	testenv.Until(t, "everything is applied again", w.has(301))
	w.isInOrder(t, 301)
}

func TestNotificationsAndCursorMoveTogetherAndOnlyOnce(t *testing.T) {
	l := newLog(t)
	notify := func(n int) (evs []events.Event) {
		for range n {
			evs = append(evs, events.New(events.Notified, chat.NewID(), ada.ID, ada, time.Now(), events.NotifiedData{Kind: "mention"}))
		}
		return evs
	}
	zero, err := l.LoadCursor(t.Context())
	if err != nil || zero != (Cursor{}) {
		t.Fatalf("%+v, %v", zero, err)
	}
	first, err := l.PublishFenced(t.Context(), zero, 7, notify(3))
	if err != nil {
		t.Fatal(err)
	}
	if loaded, err := l.LoadCursor(t.Context()); err != nil || loaded != first || loaded.Seq != 7 {
		t.Errorf("loaded %+v, %v; published %+v", loaded, err, first)
	}
	second, err := l.PublishFenced(t.Context(), first, 9, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.PublishFenced(t.Context(), first, 9, notify(2)); !errors.Is(err, ErrFenced) {
		t.Errorf("a zombie: %v", err)
	}
	if _, err := l.PublishFenced(t.Context(), second, 12, notify(MaxFenced)); err != nil {
		t.Error(err)
	}
	state, err := l.State(t.Context(), events.Notify)
	if err != nil || state.Last != 3+1+1+MaxFenced+1 {
		t.Errorf("NOTIFY ends at %d, %v", state.Last, err)
	}
}

func TestEntriesThatArePulledTwiceOrOutOfOrderAreAppliedOnceAndInOrder(t *testing.T) {
	l := newLog(t)
	room, w := chat.NewID(), &table{}
	postMany(t, l, room, 0, 20)
	all, _, err := l.Read(t.Context(), events.Chat.Subject(room), 0, 20)
	if err != nil {
		t.Fatal(err)
	}
	j := &job{log: l, worker: w, opts: WorkOptions{Consumer: PersisterChat}, stream: events.Chat, logger: l.logger}
	pulled := slices.Concat(all[:10], all[4:8], all[15:], all[10:16], all[:3])
	if err := j.applyAll(t.Context(), pulled, nil); err != nil {
		t.Fatal(err)
	}
	w.isInOrder(t, 20)
	if w.offset != 20 || j.offset != 20 {
		t.Errorf("the offset is %d, for the worker %d", j.offset, w.offset)
	}
}

func TestWhatIsNoCursorOnTheCursorsSubjectStopsNobody(t *testing.T) {
	l := newLog(t)
	first, err := l.PublishFenced(t.Context(), Cursor{}, 7, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := l.write.Request(cursorSubject, []byte("{not json"), attemptTimeout); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.PublishFenced(t.Context(), first, 8, nil); !errors.Is(err, ErrFenced) {
		t.Errorf("an overtaken cursor: %v", err)
	}
	c, err := l.LoadCursor(t.Context())
	if err != nil || c.Seq != 7 {
		t.Fatalf("loaded %+v, %v", c, err)
	}
	if _, err := l.PublishFenced(t.Context(), c, 8, nil); err != nil {
		t.Error(err)
	}
}
