package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/natter-chat/natter/chat"
)

// asking is a directory that answers when it is told to, and an asker of it, in
// a synctest bubble.
type asking struct {
	*asker
	t       *testing.T
	running sync.WaitGroup
	guard   sync.Mutex // of what follows
	calls   []int      // how many seats each query was about
	at      []time.Duration
	began   time.Time
	takes   time.Duration
	err     error
	members map[chat.Seat]bool
	hangs   int // so many queries, of those to come, do not return
	logged  bytes.Buffer
}

func newAsking(t *testing.T) *asking {
	a := &asking{t: t, began: time.Now(), members: map[chat.Seat]bool{}}
	base, cancel := context.WithCancel(context.Background())
	start := func(fn func()) bool {
		if base.Err() != nil {
			return false
		}
		a.running.Go(fn)
		return true
	}
	a.asker = &asker{query: a.directory, base: base, start: start, logger: slog.New(slog.NewTextHandler(&a.logged, nil)),
		metrics: newMetrics(nil).asked, hurry: make(chan struct{}, 1), slots: make(chan struct{}, askBeside)}
	t.Cleanup(func() { cancel(); a.running.Wait() })
	return a
}

// directory says who was a member when it was called.
func (a *asking) directory(ctx context.Context, seats []chat.Seat) (map[chat.Seat]chat.Membership, error) {
	a.guard.Lock()
	defer a.guard.Unlock()
	a.calls, a.at = append(a.calls, len(seats)), append(a.at, time.Since(a.began))
	takes, err := a.takes, a.err
	if a.hangs > 0 {
		a.hangs--
		takes = time.Hour
	}
	found := map[chat.Seat]chat.Membership{}
	for _, s := range seats {
		if a.members[s] {
			found[s] = chat.Membership{Rev: 1}
		}
	}
	a.guard.Unlock()
	defer a.guard.Lock()
	select {
	case <-time.After(takes):
		return found, err
	case <-ctx.Done():
		return nil, &chat.Error{Code: chat.Unavailable, Cause: ctx.Err()}
	}
}

func seatOf(i int) chat.Seat { return chat.Seat{User: fmt.Sprint(i), Room: "tea"} }

// one asks about one seat and returns how long that took.
func (a *asking) one(i int, patience time.Duration) (bool, time.Duration) {
	began := time.Now()
	found, err := a.memberships(context.Background(), patience, seatOf(i))
	if err != nil {
		a.t.Error(err)
	}
	_, ok := found[seatOf(i)]
	return ok, time.Since(began)
}

func TestWhoAsksAloneNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking(t)
		a.takes = time.Millisecond
		for i := range 20 { // one after the other
			if _, took := a.one(i, requestPatience); took != a.takes {
				t.Errorf("question %d was answered after %s", i, took)
			}
		}
		for i := range 20 { // thirty a second
			time.Sleep(framePatience / askedMany)
			if _, took := a.one(i, framePatience); took != a.takes {
				t.Errorf("a frame's question %d was answered after %s", i, took)
			}
		}
	})
}

func TestAStormOfQuestionsIsAHandfulOfQueries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking(t)
		a.takes = time.Millisecond
		var longest time.Duration
		var mu sync.Mutex
		var all sync.WaitGroup
		for i := range 1000 {
			a.members[seatOf(i)] = i%2 == 0
		}
		for i := range 1000 { // in a second
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				member, took := a.one(i, framePatience)
				mu.Lock()
				defer mu.Unlock()
				if longest = max(longest, took); member != (i%2 == 0) {
					t.Errorf("%d is a member: %v", i, member)
				}
			})
		}
		all.Wait()
		if len(a.calls) > 7 || longest > framePatience+2*a.takes {
			t.Errorf("%d queries, the longest wait %s, at %v", len(a.calls), longest, a.at[:min(20, len(a.at))])
		}
	})
}

func TestWhoIsImpatientTakesTheOthersAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking(t)
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() { a.one(i, framePatience) })
		}
		all.Wait() // the next pause is a long one
		all.Go(func() { a.one(1, framePatience) })
		time.Sleep(requestPatience)
		if _, took := a.one(2, requestPatience); took > requestPatience {
			t.Errorf("it waited for %s", took)
		}
		all.Wait()
		if last := a.calls[len(a.calls)-1]; last != 2 {
			t.Errorf("the last query was about %d seats", last)
		}
	})
}

func TestAQuestionIsNotAnsweredByAQueryThatBeganBeforeIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking(t)
		a.takes, a.members[seatOf(1)] = time.Second, true
		var first sync.WaitGroup
		first.Go(func() {
			if member, _ := a.one(1, requestPatience); !member {
				t.Error("who was a member when the first query began is none")
			}
		})
		synctest.Wait() // the query is under way
		a.members[seatOf(1)] = false
		if member, _ := a.one(1, requestPatience); member {
			t.Error("who left before asking is a member")
		}
		first.Wait()
	})
}

func TestAQueryThatHangsHoldsUpThoseOnlyWhoWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking(t)
		a.takes, a.hangs, a.members[seatOf(2)] = time.Millisecond, 1, true
		var first sync.WaitGroup
		first.Go(func() {
			if _, err := a.memberships(context.Background(), requestPatience, seatOf(1)); !isCode(err, chat.Unavailable) {
				t.Errorf("the query that hangs: %v", err)
			}
		})
		synctest.Wait()
		if member, took := a.one(2, requestPatience); !member || took != askHangs+a.takes {
			t.Errorf("who asked after it was answered %v, after %s", member, took)
		}
		for range 10 {
			if _, took := a.one(2, requestPatience); took != a.takes {
				t.Errorf("while it hangs a question took %s", took)
			}
		}
		first.Wait()
	})
}

func TestADatabaseThatHangsIsAskedAFewQueriesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking(t)
		a.hangs = askBeside
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() { a.memberships(context.Background(), requestPatience, seatOf(i)) })
			time.Sleep(askHangs / 10)
		}
		all.Wait()
		synctest.Wait()
		if len(a.at) != askBeside+1 || a.at[askBeside-1] >= time.Second || a.at[askBeside] != askWithin {
			t.Errorf("queries at %v", a.at)
		}
		if len(a.slots) != 0 || a.working {
			t.Errorf("%d run, working: %v", len(a.slots), a.working)
		}
	})
}

func TestWhoGivesUpLeavesTheQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking(t)
		a.takes = time.Second
		var first sync.WaitGroup
		first.Go(func() { a.one(1, requestPatience) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		began := time.Now()
		if _, err := a.memberships(ctx, requestPatience, seatOf(2)); !isCode(err, chat.Unavailable) || time.Since(began) > time.Millisecond {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		first.Wait()
		synctest.Wait()
		if len(a.calls) != 1 || a.seats != 0 || a.working {
			t.Errorf("queries %v, %d seats wait, working: %v", a.calls, a.seats, a.working)
		}
	})
}

func TestAQueryThatFailsFailsAllWhoWaitForIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking(t)
		a.err = &chat.Error{Code: chat.Unavailable}
		a.takes = time.Millisecond
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				if _, err := a.memberships(t.Context(), requestPatience, seatOf(i)); !errors.Is(err, a.err) {
					t.Errorf("%v", err)
				}
			})
		}
		all.Wait()
	})
}

func TestADefectInTheQueryFailsThoseWhoAskedAndNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking(t)
		works := a.query
		a.query = func(context.Context, []chat.Seat) (map[chat.Seat]chat.Membership, error) { panic("a defect") }
		if _, err := a.memberships(t.Context(), requestPatience, seatOf(1)); chat.CodeOf(err) != chat.Internal {
			t.Errorf("%v", err)
		}
		if log := a.logged.String(); !strings.Contains(log, "a defect") || !strings.Contains(log, "asker_test.go") {
			t.Errorf("logged: %s", log)
		}
		a.query = works
		a.one(2, requestPatience)
	})
}

func TestWhatIsAskedAtOnceHasABound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking(t)
		a.takes = time.Millisecond
		var all sync.WaitGroup
		all.Go(func() { a.one(0, requestPatience) })
		synctest.Wait()
		for i := range 5 * askAtOnce / 2 {
			all.Go(func() { a.one(i, framePatience) })
		}
		all.Wait()
		for _, n := range a.calls {
			if n > askAtOnce {
				t.Errorf("a query about %d seats", n)
			}
		}
		synctest.Wait() // nobody works any more
		a.waiting = make([]*question, askedAtMost)
		if _, err := a.memberships(t.Context(), requestPatience, seatOf(1)); !isCode(err, chat.Overloaded) {
			t.Errorf("one too many: %v", err)
		}
		a.waiting = nil
	})
}

func TestAnEdgeThatEndsKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAsking(t)
		a.takes = time.Hour
		base, cancel := context.WithCancel(t.Context())
		a.base = base
		var all sync.WaitGroup
		for i := range 3 {
			all.Go(func() {
				if _, err := a.memberships(context.Background(), framePatience, seatOf(i)); !isCode(err, chat.Unavailable) {
					t.Errorf("%v", err)
				}
			})
		}
		synctest.Wait()
		began := time.Now()
		cancel()
		all.Wait()
		if took := time.Since(began); took > 0 {
			t.Errorf("they waited for %s", took)
		}
	})
}
