package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/testenv"
)

func TestALonePublishIsAckedWithItsSequence(t *testing.T) {
	l := newLog(t)
	room := chat.NewID()
	ev := post(room, "hello")
	first := publish(t, l, ev)
	e, err := l.Get(t.Context(), events.Chat, first)
	if err != nil || textOf(t, e) != "hello" {
		t.Fatalf("got %q, %v", e.Body, err)
	}
	seq, duplicate, err := l.Publish(t.Context(), ev)
	if err != nil || !duplicate || seq != first {
		t.Fatalf("the same id again: seq %d, duplicate %v, %v; want %d", seq, duplicate, err, first)
	}
	if got := l.Durability(); got != Fsync {
		t.Errorf("durability %q", got)
	}
}

func TestConcurrentPublishesShareBatchesAndKeepTheOrderOfTheCalls(t *testing.T) {
	l := newLog(t)
	room := chat.NewID()
	const n = 2000
	seqs := make([]uint64, n)
	var wg sync.WaitGroup
	wg.Add(n)
	for i := range n {
		l.PublishAsync(post(room, fmt.Sprint(i)), func(seq uint64, duplicate bool, err error) {
			defer wg.Done()
			if err != nil || duplicate {
				t.Errorf("event %d: duplicate %v, %v", i, duplicate, err)
			}
			seqs[i] = seq
		})
	}
	wg.Wait()
	for i := 1; i < n; i++ {
		if seqs[i] <= seqs[i-1] {
			t.Fatalf("event %d has sequence %d, the one before it %d", i, seqs[i], seqs[i-1])
		}
	}
	after := uint64(0)
	for i := 0; i < n; {
		page, _, err := l.Read(t.Context(), events.Chat.Subject(room), after, 500)
		if err != nil || len(page) == 0 {
			t.Fatalf("read after %d: %d entries, %v", after, len(page), err)
		}
		for _, e := range page {
			if textOf(t, e) != fmt.Sprint(i) || e.Seq != seqs[i] || e.Prev != after {
				t.Fatalf("entry %d: %q at %d after %d; acked as %d", i, textOf(t, e), e.Seq, e.Prev, seqs[i])
			}
			after, i = e.Seq, i+1
		}
	}
}

func TestADuplicateInABatchIsAnsweredWithTheFirstOnesSequenceAndTheRestIsStored(t *testing.T) {
	l := newLog(t)
	room := chat.NewID()
	old := post(room, "old")
	want := publish(t, l, old)
	fresh := make([]*pending, 100)
	got := make([]uint64, len(fresh))
	dup := make([]bool, len(fresh))
	for i := range fresh {
		ev := post(room, fmt.Sprint(i))
		if i == 37 || i == 38 || i == 99 {
			ev = old
		}
		fresh[i] = &pending{id: ev.ID, subject: ev.Subject(), body: ev.Encode(), queued: time.Now(),
			done: func(seq uint64, duplicate bool, err error) {
				if err != nil {
					t.Errorf("event %d: %v", i, err)
				}
				got[i], dup[i] = seq, duplicate
			}}
	}
	l.publishers[events.Chat].publish(t.Context(), fresh)
	for i := range fresh {
		if isOld := i == 37 || i == 38 || i == 99; dup[i] != isOld || (isOld && got[i] != want) || (i > 0 && !isOld && got[i] <= want) {
			t.Errorf("event %d: sequence %d, duplicate %v", i, got[i], dup[i])
		}
	}
	state, err := l.State(t.Context(), events.Chat)
	if err != nil || state.Last != want+97 {
		t.Errorf("the stream ends at %d, want %d (%v)", state.Last, want+97, err)
	}
}

func TestPublishingSurvivesARestartOfTheServerAndLosesNothingThatWasAcked(t *testing.T) {
	server := testenv.StartNATS(t, local.NATSOptions{Dir: t.TempDir()})
	l := connect(t, server.URL(), server.MonitorURL())
	if err := l.Setup(t.Context(), SetupOptions{ChatBytes: 64 << 20}); err != nil {
		t.Fatal(err)
	}
	room := chat.NewID()
	var wg sync.WaitGroup
	var mu sync.Mutex
	acked := map[string]uint64{}
	stop := make(chan struct{})
	for w := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				text := fmt.Sprintf("%d-%d", w, i)
				seq, _, err := l.Publish(t.Context(), post(room, text))
				if err != nil {
					t.Errorf("publish %s: %v", text, err)
					return
				}
				mu.Lock()
				acked[text] = seq
				mu.Unlock()
			}
		})
	}
	count := func(atLeast int) func() bool {
		return func() bool { mu.Lock(); defer mu.Unlock(); return len(acked) >= atLeast }
	}
	testenv.Until(t, "posts are acked", count(100))
	restarts(t, server)
	mu.Lock()
	before := len(acked)
	mu.Unlock()
	testenv.Until(t, "posts are acked again", count(before+100))
	close(stop)
	wg.Wait()
	found := map[string]int{}
	for after, more := uint64(0), true; more; {
		var page []events.Entry
		var err error
		if page, more, err = l.Read(t.Context(), events.Chat.Subject(room), after, 1000); err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			found[textOf(t, e)]++
			after = e.Seq
			if acked[textOf(t, e)] != e.Seq {
				t.Errorf("%s stands at %d, acked as %d", textOf(t, e), e.Seq, acked[textOf(t, e)])
			}
		}
	}
	for text := range acked {
		if found[text] != 1 {
			t.Errorf("%s stands in the log %d times", text, found[text])
		}
	}
}

func TestWithoutAServerAPublishSaysWhetherItMayHaveHappened(t *testing.T) {
	server := testenv.StartNATS(t, local.NATSOptions{Dir: t.TempDir()})
	l := connect(t, server.URL(), "")
	if err := l.Setup(t.Context(), SetupOptions{ChatBytes: 64 << 20}); err != nil {
		t.Fatal(err)
	}
	if err := server.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, _, err := l.Publish(t.Context(), post(chat.NewID(), "lost?"))
	if code := chat.CodeOf(err); code != chat.Unavailable && code != chat.OutcomeUnknown {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _, err = l.Publish(ctx, post(chat.NewID(), "impatient"))
	if !errors.Is(err, &chat.Error{Code: chat.OutcomeUnknown}) {
		t.Errorf("a caller who does not wait: %v", err)
	}
}

func TestAFullLogIsSaidToBeFull(t *testing.T) {
	url, monitor := testenv.NATS(t)
	l := connect(t, url, monitor)
	if err := l.Setup(t.Context(), SetupOptions{ChatBytes: 8 << 20}); err != nil {
		t.Fatal(err)
	}
	room, text := chat.NewID(), strings.Repeat("x", 200<<10)
	var err error
	for range 1000 {
		if _, _, err = l.Publish(t.Context(), post(room, text)); err != nil {
			break
		}
	}
	if !errors.Is(err, &chat.Error{Code: chat.LogFull}) {
		t.Errorf("got %v", err)
	}
}

func TestAnOutboxEventIsPublishedOnceEvenAfterTheDuplicateWindow(t *testing.T) {
	l := newLog(t)
	if err := l.Setup(t.Context(), SetupOptions{ChatBytes: 64 << 20, DuplicateWindow: 100 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	room := chat.NewID()
	ev, written := post(room, "joined"), time.Now()
	first, err := l.PublishOnce(t.Context(), ev, written)
	if err != nil {
		t.Fatal(err)
	}
	forgotten := func() bool { // the broker takes an id again that it has forgotten
		probe := ev
		probe.ID = chat.NewID()
		publish(t, l, probe)
		<-time.After(150 * time.Millisecond)
		_, duplicate, err := l.Publish(t.Context(), probe)
		return err == nil && !duplicate
	}
	testenv.Until(t, "the broker forgets", forgotten)
	again, err := l.PublishOnce(t.Context(), ev, written.Add(-time.Hour))
	if err != nil || again != first {
		t.Errorf("published again at %d, first at %d, %v", again, first, err)
	}
}
