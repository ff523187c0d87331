package test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/cluster"
	"github.com/natter-chat/natter/test/nginx"
)

// BehindNginx puts nginx, with the file that is deployed, before the first two
// edges.
func (w *Town) BehindNginx() *nginx.Balancer {
	w.t.Helper()
	host := func(e *cluster.Edge) string { return strings.TrimPrefix(e.URL, "http://") }
	return nginx.Start(w.t, host(w.Edges[0]), host(w.Edges[1]))
}

// Through returns the same login behind nginx: that is the only address that
// the person knows.
func (p *Person) Through(b *nginx.Balancer) *Person {
	return &Person{Client: p.At(b.URL), Name: p.Name, t: p.t, town: p.town, edges: []string{b.URL}}
}

func TestNginxCarriesRequestsSocketsAndStreams(t *testing.T) {
	w := town(t)
	b := w.BehindNginx()
	ada, bob := w.Person("ada").Through(b), w.Person("bob").Through(b)
	room := ada.Creates("behind nginx")
	bob.Joins(room)
	ada.Follows(room)
	bob.Follows(room)
	bob.Listens()
	start := time.Now()
	ada.Posts(room, "hello @"+bob.Name)
	bob.Sees(room, "hello @"+bob.Name)
	bob.IsTold("mention", 1)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the notification took %s: is the stream buffered?", took)
	}
	bob.Posts(room, "hello back")
	ada.Sees(room, "hello @"+bob.Name, "hello back")
	ada.SawNoReset(room)
}

// steady does over and over what people do over HTTP. No request may fail,
// whatever happens to an edge.
type steady struct {
	ctx    context.Context
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu    sync.Mutex
	count map[string]int
	wrong []error
}

// Keeps starts several loops of requests, which stop ends.
func (p *Person) Keeps(room string, once bool) *steady {
	s := &steady{count: map[string]int{}}
	s.ctx, s.cancel = context.WithCancel(p.t.Context())
	do := map[string]func(context.Context) error{
		"post": func(ctx context.Context) error { _, err := p.Post(ctx, room, chat.NewID(), "steady"); return err },
		"read": func(ctx context.Context) error { _, err := p.History(ctx, room, "", "", 10); return err },
		"mark": func(ctx context.Context) error { return p.MarkRead(ctx, room, 1) },
	}
	if once { // must not be repeated by nginx, and need not be while an edge drains
		// A POST without a key is never repeated by nginx: when the edge closes
		// under it, the answer is outcome_unknown, and the client's retry,
		// bounded, must absorb that.
		do["ticket"] = func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
			defer cancel()
			for {
				_, err := p.Ticket(ctx)
				if err == nil || !strings.Contains(err.Error(), "outcome_unknown") {
					return err
				}
				select {
				case <-time.After(50 * time.Millisecond):
				case <-ctx.Done():
					return err
				}
			}
		}
	}
	for what, request := range do {
		s.done.Go(func() { s.loop(what, request) })
	}
	p.t.Cleanup(func() { s.cancel(); s.done.Wait() })
	return s
}

func (s *steady) loop(what string, request func(context.Context) error) {
	for s.ctx.Err() == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.ctx), deadline)
		err := request(ctx)
		cancel()
		s.mu.Lock()
		s.count[what]++
		if err != nil && len(s.wrong) < 10 {
			s.wrong = append(s.wrong, fmt.Errorf("%s %d: %w", what, s.count[what], err))
		}
		s.mu.Unlock()
	}
}

// goesOn waits until each loop has done n more requests.
func (s *steady) goesOn(t *testing.T, n int) {
	t.Helper()
	s.mu.Lock()
	before := map[string]int{}
	for what, count := range s.count {
		before[what] = count
	}
	s.mu.Unlock()
	cluster.Eventually(t, deadline, func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, what := range []string{"post", "read", "mark"} {
			if s.count[what] < before[what]+n {
				return fmt.Errorf("%s: %d requests, %d before", what, s.count[what], before[what])
			}
		}
		return nil
	})
}

// stop ends the loops and fails the test for every request that failed.
func (s *steady) stop(t *testing.T) {
	t.Helper()
	s.cancel()
	s.done.Wait()
	for _, err := range s.wrong {
		t.Errorf("a request failed: %v", err)
	}
	t.Logf("requests: %v", s.count)
}

func TestBehindNginxNoRequestFailsWhenAnEdgeIsKilled(t *testing.T) {
	w := town(t)
	b := w.BehindNginx()
	ada, bob := w.Person("ada").Through(b), w.Person("bob").Through(b)
	room := ada.Creates("killed")
	bob.Joins(room)
	bob.Follows(room)
	requests := ada.Keeps(room, false)
	for _, e := range w.Edges[:2] {
		requests.goesOn(t, 20)
		e.Kill()
		requests.goesOn(t, 20)
		bob.Posts(room, "after "+e.Name+" was killed")
		bob.Sees(room, "after "+e.Name+" was killed")
		if err := e.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	requests.goesOn(t, 20)
	requests.stop(t)
	bob.SawNoReset(room)
}

func TestBehindNginxNoRequestFailsWhileAnEdgeDrains(t *testing.T) {
	w := town(t)
	b := w.BehindNginx()
	ada, bob := w.Person("ada").Through(b), w.Person("bob").Through(b)
	room := ada.Creates("drained")
	bob.Joins(room)
	bob.Follows(room)
	requests := ada.Keeps(room, true)
	for _, e := range w.Edges[:2] { // a rolling restart
		requests.goesOn(t, 20)
		if code, err := e.Terminate(deadline); err != nil || code != 0 {
			t.Fatalf("%s ended with code %d: %v", e.Name, code, err)
		}
		requests.goesOn(t, 20)
		bob.Posts(room, "after "+e.Name+" was restarted")
		bob.Sees(room, "after "+e.Name+" was restarted")
		if err := e.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	requests.goesOn(t, 20)
	requests.stop(t)
	bob.SawNoReset(room)
}
