package jetstream

import (
	"fmt"
	"sync"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

func TestThreeServersLoseNothingWhenTheStreamsLeaderDies(t *testing.T) {
	servers, _ := testenv.NATSServers(t)
	l := newLogOf(t, servers)
	if l.Durability() != Quorum {
		t.Errorf("durability %q", l.Durability())
	}
	room := chat.NewID()
	subject := events.Chat.Subject(room)
	r := open(t, runFeed(t, l, events.Chat), subject)
	w := &table{}
	work(t, l, w)

	const n = 600
	acked := make(chan int, n)
	var mu sync.Mutex
	seqs := map[int]uint64{}
	var posting sync.WaitGroup
	posting.Go(func() {
		for i := range n {
			seq, _, err := l.Publish(t.Context(), post(room, fmt.Sprint(i)))
			if err != nil {
				t.Errorf("post %d: %v", i, err)
				return
			}
			mu.Lock()
			seqs[i] = seq
			mu.Unlock()
			acked <- i
		}
	})
	for range n / 3 {
		<-acked
	}
	leader := leaderOf(t, l)
	if err := servers[leader].Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	posting.Wait()
	restarts(t, servers[leader])

	testenv.Until(t, "the feed brings every event", func() bool { return r.count() == n })
	testenv.Until(t, "the worker applies every event", w.has(n))
	w.isInOrder(t, n)
	for i, e := range r.got {
		if textOf(t, e) != fmt.Sprint(i) || e.Seq != seqs[i] {
			t.Fatalf("event %d is %q at %d, acked at %d", i, textOf(t, e), e.Seq, seqs[i])
		}
	}
}

// leaderOf returns the index of the server that leads CHAT.
func leaderOf(t *testing.T, l *Log) int {
	t.Helper()
	stream, err := l.js.Stream(t.Context(), string(events.Chat))
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if _, err := fmt.Sscanf(stream.CachedInfo().Cluster.Leader, "nats-%d", &n); err != nil {
		t.Fatal(err)
	}
	return n - 1
}
