package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// checkWithin is how long Check waits for what has no leader at the moment: two
// elections.
const checkWithin = 20 * time.Second

// Check compares the streams with what this version needs, learns their
// incarnations and the durability of an ack. It changes nothing; its error
// is a sentence for the operator. While servers elect a leader it waits.
func (l *Log) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	for {
		err := l.check(ctx)
		if err == nil || !passes(err) || ctx.Err() != nil {
			return err
		}
		l.logger.Warn("the log does not answer yet; waiting for it", "error", err)
		pause(ctx, 500*time.Millisecond)
	}
}

const errNoLeader = 10008 // temporarily unavailable

// passes reports whether the same question may be answered in a moment.
func passes(err error) bool {
	var api *jetstream.APIError
	if errors.As(err, &api) {
		return api.ErrorCode == errNoLeader
	}
	return errors.Is(err, nats.ErrTimeout) || errors.Is(err, context.DeadlineExceeded)
}
