package scenario

import (
	"context"
	"errors"
	"time"

	"github.com/natter-chat/natter/bench/load"
)

// until asks every so often whether it is done, up to a bound.
func until(ctx context.Context, within, every time.Duration, done func() (bool, error)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, within, errors.New("not done within "+within.String()))
	defer cancel()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// texts returns the texts of a run's posts.
func texts(run string, size int) func(i int) string {
	return func(i int) string { return string(load.Text(run, uint64(i), size, time.Now())) }
}
