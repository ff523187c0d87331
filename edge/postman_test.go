package edge

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/testenv"
)

func newTestPostman(t *testing.T) *postman {
	return newPostman(&Edge{Deps: Deps{Logger: testenv.Logger(t, 8)}, metrics: newMetrics(prometheus.NewRegistry())})
}

func TestThePostmanHoldsNoMoreThanHeCan(t *testing.T) {
	p := newTestPostman(t)
	for i := range errandsHeld {
		s, err := p.reserve()
		if err != nil {
			t.Fatalf("errand %d: %v", i, err)
		}
		if i%2 == 0 {
			s.use("x", func(context.Context) error { return nil })
		}
		defer s.release() // after use it is no release
	}
	if _, err := p.reserve(); chat.CodeOf(err) != chat.Overloaded {
		t.Errorf("one more: %v", err)
	}
}

func TestThePostmanFinishesWhatWaitsBeforeHeGoes(t *testing.T) {
	p := newTestPostman(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := ctx.Done()
	done := make(chan string, 100)
	var begun atomic.Int32
	for i := range errandsAtOnce {
		s, _ := p.reserve()
		s.use("x", func(ctx context.Context) error {
			if begun.Add(1) == errandsAtOnce {
				cancel() // he must go while all hands are busy
			}
			<-ended
			if ctx.Err() != nil { // what has begun is not cut off
				return ctx.Err()
			}
			done <- fmt.Sprint("under way ", i)
			return nil
		})
	}
	for i := range 10 {
		s, _ := p.reserve()
		s.use("x", func(context.Context) error { done <- fmt.Sprint("waiting ", i); return nil })
	}
	hung, _ := p.reserve()
	hung.use("x", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	started := time.Now()
	if err := p.Run(ctx); err != context.Canceled {
		t.Error(err)
	}
	if len(done) != errandsAtOnce+10 || time.Since(started) > 3*lastErrands || len(p.slots) != 0 {
		t.Errorf("%d were done in %v, %d places are taken", len(done), time.Since(started), len(p.slots))
	}
}
