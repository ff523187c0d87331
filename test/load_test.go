package test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/client"
)

// Load is people who post over HTTP, over all edges in turn, as fast as every
// is, and repeat with the same key what natter could not acknowledge.
type Load struct {
	t       *testing.T
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	acked   map[string]Said // by message id
	refused map[string]int  // status and code → how often
	wrong   []string
}

// Said is a message that was acknowledged.
type Said struct {
	Room, Key, Text string
	Seq             uint64
}

// every is one writer's pause between two posts.
const every = 20 * time.Millisecond

// Posting starts as many writers as there are people; each writes to one of
// the rooms, of which all are members. Stop ends it.
func (w *Town) Posting(rooms []string, people ...*Person) *Load {
	ctx, cancel := context.WithCancel(context.WithoutCancel(w.t.Context()))
	l := &Load{t: w.t, cancel: cancel, acked: map[string]Said{}, refused: map[string]int{}}
	for i, p := range people {
		l.running.Go(func() { l.write(ctx, w, p, rooms[i%len(rooms)]) })
	}
	w.t.Cleanup(func() { l.Stop() })
	return l
}

// Stop ends the load when everybody's last post is settled, and returns what
// was acknowledged, by message id.
func (l *Load) Stop() map[string]Said {
	l.cancel()
	l.running.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, wrong := range l.wrong {
		l.t.Error(wrong)
	}
	l.wrong = nil
	return l.acked
}

// Acked counts what was acknowledged so far.
func (l *Load) Acked() int { l.mu.Lock(); defer l.mu.Unlock(); return len(l.acked) }

// Refused says how often natter answered otherwise, by status and code.
func (l *Load) Refused() map[string]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := map[string]int{}
	for what, n := range l.refused {
		all[what] = n
	}
	return all
}

// Reaches waits until n more posts have been acknowledged.
func (l *Load) Reaches(n int) {
	l.t.Helper()
	want := l.Acked() + n
	eventually(l.t, deadline, func() error {
		if got := l.Acked(); got < want {
			return fmt.Errorf("%d of %d posts were acknowledged; refused: %v", got, want, l.Refused())
		}
		return nil
	})
}

func (l *Load) write(ctx context.Context, w *Town, p *Person, room string) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	urls := w.urls()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		l.say(p.At(urls[n%len(urls)]), Said{Room: room, Key: chat.NewID(), Text: fmt.Sprintf("%s says %d", p.Name, n)})
	}
}

// say posts one message until it is acknowledged, also past the load's end: no
// outcome stays unknown.
func (l *Load) say(c *client.Client, m Said) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(l.t.Context()), 60*time.Second)
	defer cancel()
	var ack client.Ack
	err := client.Retry(ctx, func() (err error) {
		ack, err = c.Post(ctx, m.Room, m.Key, m.Text)
		if err != nil {
			l.refuse(err)
		}
		return err
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.wrong = append(l.wrong, fmt.Sprintf("%q was never acknowledged: %v", m.Text, err))
		return
	}
	m.Seq = ack.Seq
	if first, twice := l.acked[ack.Message]; twice {
		l.wrong = append(l.wrong, fmt.Sprintf("%q and %q got the same message %s", first.Text, m.Text, ack.Message))
	}
	l.acked[ack.Message] = m
}

func (l *Load) refuse(err error) {
	what := "no answer"
	if code := client.CodeOf(err); code != "" {
		what = fmt.Sprintf("%d %s", client.StatusOf(err), code)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refused[what]++
	if what == "no answer" && l.refused[what] == 1 {
		l.t.Logf("no answer: %v", err)
	}
}
