package jetstream

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// checkWithin is how long Check waits for what has no leader at the moment:
	// some elections, as a server that comes back may need more than one.
	checkWithin = 60 * time.Second
	// askedAgainAfter is how long one question may stay without an answer. It is
	// answered in milliseconds or never: whoever led when it was sent may be gone.
	askedAgainAfter = 3 * time.Second
	// waitingSaidEvery is how often somebody who waits says for what.
	waitingSaidEvery = 5 * time.Second
)

// Check compares the streams with what this version needs, learns their
// incarnations and the durability of an ack. It changes nothing; its error
// is a sentence for the operator. While servers elect a leader it waits, at
// most a minute; what does not exist it reports at once.
func (l *Log) Check(ctx context.Context) error {
	return insist(ctx, l.logger, l.check)
}

// insist checks again and again while the answer may be another in a moment.
func insist(ctx context.Context, logger *slog.Logger, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	for said := (time.Time{}); ; {
		err := check(ctx)
		if err == nil || !passes(err) || ctx.Err() != nil {
			return err
		}
		if time.Since(said) >= waitingSaidEvery {
			logger.Warn("the log does not answer yet; waiting for it", "error", err)
			said = time.Now()
		}
		pause(ctx, 500*time.Millisecond)
	}
}

// ask bounds one question: ctx may have a minute, which a question that was
// lost must not use up.
func ask[T any](ctx context.Context, question func(context.Context) (T, error)) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, askedAgainAfter)
	defer cancel()
	return question(ctx)
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
