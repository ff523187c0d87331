package sql_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
)

func (w *world) attempts(key string, most int) chat.Attempt {
	w.t.Helper()
	return must[chat.Attempt](w.t)(w.TakeAttempt(w.t.Context(), []byte(key), most, time.Minute))
}

func TestAttemptsAreGrantedUpToTheirBoundInEachWindow(t *testing.T) {
	w := newWorld(t)
	first := w.attempts("ada", 3)
	if !first.Granted || first.Left != 2 || first.Wait < 59*time.Second || first.Wait > time.Minute {
		t.Errorf("%+v", first)
	}
	w.attempts("ada", 3)
	if a := w.attempts("ada", 3); !a.Granted || a.Left != 0 || !a.Resets.Equal(first.Resets) {
		t.Errorf("%+v", a)
	}
	for range 3 { // a refusal neither counts nor prolongs
		if a := w.attempts("ada", 3); a.Granted || !a.Resets.Equal(first.Resets) || a.Wait <= 0 || a.Wait > time.Minute {
			t.Errorf("%+v", a)
		}
	}
	if a := w.attempts("bob", 3); !a.Granted || a.Left != 2 {
		t.Errorf("another key: %+v", a)
	}
	if err := w.GiveBackAttempt(t.Context(), []byte("ada"), first.Resets); err != nil {
		t.Fatal(err)
	}
	if a := w.attempts("ada", 3); !a.Granted || a.Left != 0 {
		t.Errorf("after giving one back: %+v", a)
	}
	w.exec(`UPDATE attempts SET resets = clock_timestamp() - interval '1 millisecond' WHERE key = 'ada'`)
	next := w.attempts("ada", 3)
	if !next.Granted || next.Left != 2 || !next.Resets.After(first.Resets) {
		t.Errorf("in the next window: %+v", next)
	}
	// What belonged to the window before is not given back to this one.
	if err := w.GiveBackAttempt(t.Context(), []byte("ada"), first.Resets); err != nil {
		t.Fatal(err)
	}
	if a := w.attempts("ada", 3); a.Left != 1 {
		t.Errorf("%+v", a)
	}
}

func TestOfManyAttemptsAtOnceExactlyAsManyAreGrantedAsAllowed(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"a", "b", "c", "d"} {
		var granted atomic.Int64
		var crowd sync.WaitGroup
		for range 50 {
			crowd.Go(func() {
				if w.attempts(key, 10).Granted {
					granted.Add(1)
				}
			})
		}
		crowd.Wait()
		if granted.Load() != 10 {
			t.Errorf("%s: %d granted", key, granted.Load())
		}
	}
}

func TestOldAttemptsArePruned(t *testing.T) {
	w := newWorld(t)
	w.attempts("old", 3)
	w.attempts("new", 3)
	w.exec(`UPDATE attempts SET resets = clock_timestamp() - interval '2 days' WHERE key = 'old'`)
	if n := must[int64](t)(w.Prune(t.Context())); n != 1 {
		t.Errorf("pruned %d", n)
	}
	if a := w.attempts("new", 3); a.Left != 1 {
		t.Errorf("%+v", a)
	}
}
