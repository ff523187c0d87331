package main

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/natter-chat/natter/test/client"
)

// connections come one after the other: after a pause without any, one that
// lasts for a while.
type connection struct{ after, lasts time.Duration }

func TestASocketHasEndedWhenTheLastOneWasLost(t *testing.T) {
	for _, c := range []struct {
		name  string
		conns []connection
		ended bool // whether the client ends by itself after those
		lost  time.Duration
		over  bool
	}{
		{"the session's end ends the client", []connection{{0, time.Second}}, true, time.Second, true},
		{"no socket at all", nil, false, 0, true},
		{"a reconnect after some seconds counts", []connection{{0, time.Second}, {8 * time.Second, 3 * time.Second}}, false, 12 * time.Second, true},
		{"a reconnect that lasts never ends", []connection{{0, time.Second}, {8 * time.Second, time.Hour}}, false, time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				began, left := time.Now(), c.conns
				lost, over := lastLoss(ctx, func() int64 { return int64(time.Since(began)) }, func(ctx context.Context) (<-chan struct{}, error) {
					if len(left) == 0 && c.ended {
						return nil, client.ErrClosed
					}
					if len(left) == 0 {
						<-ctx.Done()
						return nil, ctx.Err()
					}
					next := left[0]
					left = left[1:]
					if err := pause(ctx, next.after); err != nil {
						return nil, err
					}
					end, stop := context.WithTimeout(ctx, next.lasts)
					context.AfterFunc(end, stop)
					done := make(chan struct{})
					context.AfterFunc(end, func() {
						if ctx.Err() == nil {
							close(done)
						}
					})
					return done, nil
				})
				if time.Duration(lost) != c.lost || over != c.over {
					t.Errorf("lost at %s, over: %v, want %s, %v", time.Duration(lost), over, c.lost, c.over)
				}
			})
		})
	}
}
