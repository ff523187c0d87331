package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/natter-chat/natter/internal/testenv"
)

func TestACheckWaitsUntilThereIsALeader(t *testing.T) {
	servers, _ := testenv.NATSServers(t)
	l := newLogOf(t, servers)
	for _, s := range servers[1:] {
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	testenv.Until(t, "the server that is left knows that it is alone", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := l.check(ctx)
		return err != nil && ctx.Err() == nil && passes(err)
	})
	checked := make(chan error, 1)
	go func() { checked <- l.Check(t.Context()) }()
	for _, s := range servers[1:] {
		restarts(t, s)
	}
	if err := <-checked; err != nil {
		t.Errorf("two servers came back, and the check said: %v", err)
	}
}

// A question whose leader is gone before it answers stays without an answer
// for ever, although the next one would have it.
func TestACheckAsksAgainWhatWasNotAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began, asked := time.Now(), 0
		err := insist(t.Context(), slog.New(slog.DiscardHandler), func(ctx context.Context) error {
			asked++
			_, err := ask(ctx, func(ctx context.Context) (bool, error) {
				if asked > 1 {
					return true, nil
				}
				<-ctx.Done()
				return false, fmt.Errorf("look at stream DEAD: %w", ctx.Err())
			})
			return err
		})
		if took := time.Since(began); err != nil || asked != 2 || took > 5*time.Second {
			t.Errorf("asked %d times in %s: %v", asked, took, err)
		}
	})
}

func TestACheckWaitsAMinuteAndNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := insist(t.Context(), slog.New(slog.DiscardHandler), func(context.Context) error { return context.DeadlineExceeded })
		if took := time.Since(began); err == nil || took < time.Minute || took > 70*time.Second {
			t.Errorf("gave up after %s: %v", took, err)
		}
		began = time.Now()
		err = insist(t.Context(), slog.New(slog.DiscardHandler), func(context.Context) error { return errors.New("stream CHAT does not exist") })
		if took := time.Since(began); err == nil || took > 0 {
			t.Errorf("waited %s for what does not exist: %v", took, err)
		}
	})
}
