package cluster

import (
	"context"
	"testing"
	"time"
)

// Eventually polls ok until it returns nil, and fails the test with its last
// error after the deadline.
func Eventually(t testing.TB, within time.Duration, ok func() error) {
	t.Helper()
	if err := poll(within, ok); err != nil {
		t.Fatalf("after %s: %v", within, err)
	}
}

func poll(within time.Duration, ok func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := ok()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-ticker.C:
		}
	}
}
