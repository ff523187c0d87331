package jetstream

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// preparing is a table that is told its batches ahead. What it counts is
// guarded by the table's lock.
type preparing struct {
	*table
	prepared []events.Batch // all that was, in order
	begun    []int          // how often the application of each was begun
	done     int            // of them that had an effect
	most     int            // batches that were prepared and not done, at once
	steal    bool           // another instance applies the first of them before
	hold     chan struct{}  // what was prepared is applied once it is closed; may be nil
}

func (w *preparing) Prepare(b events.Batch) func(context.Context) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := len(w.prepared)
	w.prepared, w.begun = append(w.prepared, b), append(w.begun, 0)
	w.most = max(w.most, len(w.prepared)-w.done)
	return func(ctx context.Context) error {
		if w.hold != nil {
			<-w.hold
		}
		w.mu.Lock()
		steal := w.steal
		w.steal = false
		w.begun[i]++
		w.mu.Unlock()
		if steal {
			w.table.Apply(ctx, b)
		}
		err := w.table.Apply(ctx, b)
		if err == nil {
			w.mu.Lock()
			w.done++
			w.mu.Unlock()
		}
		return err
	}
}

func (w *preparing) count(n *int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return *n
}

// With one channel's worth more between the stages, most is 3.
func TestABatchIsPreparedWhileTheOneBeforeIsAppliedAndNoMore(t *testing.T) {
	leaks(t)
	l := newLog(t)
	w := &preparing{table: &table{}, hold: make(chan struct{})}
	const n = 6 * fetchSize
	postMany(t, l, chat.NewID(), 0, n)
	workAs(t, l, w, WorkOptions{Consumer: PersisterChat, Gather: fetchExpiry}) // so that batches are full
	release := sync.OnceFunc(func() { close(w.hold) })
	t.Cleanup(release)
	testenv.Until(t, "the third batch is pulled", func() bool {
		c, err := l.js.Consumer(t.Context(), string(events.Chat), string(PersisterChat))
		return err == nil && c.CachedInfo().Delivered.Stream >= 3*fetchSize
	})
	time.Sleep(100 * time.Millisecond) // in which the third must not be prepared
	release()
	testenv.Until(t, "the posts are applied", w.has(n))
	w.isInOrder(t, n)
	if most := w.count(&w.most); most != 2 {
		t.Errorf("%d batches were prepared and not applied yet", most)
	}
	testenv.Until(t, "all were applied as prepared", func() bool { return w.count(&w.done) >= n/fetchSize })
}

// If fits looks at nothing, the second application is fenced.
func TestWhatWasPreparedIsUsedOnlyWhereTheOffsetIs(t *testing.T) {
	l := newLog(t)
	room, w := chat.NewID(), &preparing{table: &table{}}
	postMany(t, l, room, 0, 30)
	all, _, err := l.Read(t.Context(), events.Chat.Subject(room), 0, 30)
	if err != nil {
		t.Fatal(err)
	}
	j := &job{log: l, worker: w, opts: WorkOptions{Consumer: PersisterChat}, stream: events.Chat, logger: l.logger}
	var hauls []*ahead
	for _, run := range [][]events.Entry{all[:10], all[5:15], all[20:], all[15:20]} { // all are prepared before the first is applied
		hauls = append(hauls, j.ahead(run))
	}
	for _, a := range hauls {
		if err := j.applyAll(t.Context(), a.batch.Entries, a); err != nil {
			t.Fatal(err)
		}
	}
	w.isInOrder(t, 30)
	if !slices.Equal(w.begun, []int{1, 0, 0, 0}) {
		t.Errorf("used: %d, want the first: the third is read from the log with the hole before it", w.begun)
	}
	if j.ahead(slices.Concat(all[:3], all[4:])) != nil {
		t.Error("entries with a hole were prepared")
	}
}

// If the session goes on after an error, everything that follows is fenced.
func TestAFenceThrowsAwayWhatWasPreparedAhead(t *testing.T) {
	l := newLog(t)
	w := &preparing{table: &table{}, steal: true, hold: make(chan struct{})}
	const n = 3 * fetchSize
	postMany(t, l, chat.NewID(), 0, n)
	work(t, l, w)
	release := sync.OnceFunc(func() { close(w.hold) })
	t.Cleanup(release)
	testenv.Until(t, "the second batch is prepared", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.prepared) >= 2 })
	release()
	testenv.Until(t, "the posts are applied", w.has(n))
	w.isInOrder(t, n)
	if fenced := testutil.ToFloat64(l.metrics.fenced.WithLabelValues(string(PersisterChat))); fenced != 1 {
		t.Errorf("%v batches were fenced", fenced)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.begun[0] != 1 || w.begun[1] != 0 {
		t.Errorf("of what was prepared before the fence was begun: %d", w.begun[:2])
	}
}

func TestAPreparedBatchIsTriedAgainAndHalvedLikeAnother(t *testing.T) {
	l := newLog(t)
	room, w := chat.NewID(), &preparing{table: &table{down: true}}
	postMany(t, l, room, 0, fetchSize)
	publish(t, l, post(room, "refuse this"))
	postMany(t, l, room, fetchSize, 2*fetchSize)
	work(t, l, w)
	testenv.Until(t, "the first batch was tried twice", func() bool { w.mu.Lock(); defer w.mu.Unlock(); return len(w.begun) > 0 && w.begun[0] > 1 })
	w.mu.Lock()
	w.down = false
	w.mu.Unlock()
	testenv.Until(t, "the rest is applied", w.has(2*fetchSize))
	w.isInOrder(t, 2*fetchSize)
	if len(w.buried) != 1 {
		t.Errorf("%d were buried", len(w.buried))
	}
}
