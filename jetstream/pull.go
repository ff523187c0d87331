package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// pull makes one pull request and hands on what it brings, as it comes; nil
// says that another instance is the active one. While a batch is applied, the
// next ones are on their way.
func (j *job) pull(ctx context.Context, c jetstream.Consumer, pulled chan<- []jetstream.Msg) error {
	fetch, cancel := context.WithTimeout(ctx, fetchExpiry)
	defer cancel()
	batch, err := c.Fetch(fetchSize, jetstream.FetchContext(fetch), jetstream.FetchPriorityGroup(activeGroup))
	if err != nil {
		return fmt.Errorf("pull: %w", err)
	}
	for msg := range batch.Messages() {
		if err := handOn(ctx, pulled, gather(msg, batch.Messages(), j.opts.Gather)); err != nil {
			return nil // the session is over
		}
	}
	if errors.Is(batch.Error(), jetstream.ErrPinIDMismatch) {
		if err := handOn(ctx, pulled, nil); err != nil {
			return nil
		}
	}
	if err := batch.Error(); err != nil && !quiet(err) {
		return fmt.Errorf("pull: %w", err)
	}
	if j.opts.Pulled != nil {
		j.opts.Pulled()
	}
	return nil
}

func handOn[T any](ctx context.Context, to chan<- T, what T) error {
	select {
	case to <- what:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// gather takes what comes within a time of the first message. A transaction
// costs the database an fsync and the roles some hundred microseconds, whether
// it holds one entry or a hundred.
func gather(first jetstream.Msg, rest <-chan jetstream.Msg, within time.Duration) []jetstream.Msg {
	msgs := []jetstream.Msg{first}
	timer := time.NewTimer(within)
	defer timer.Stop()
	for size := len(first.Data()); len(msgs) < fetchSize && size < gatherBytes; {
		select {
		case next, ok := <-rest:
			if !ok {
				return msgs
			}
			msgs = append(msgs, next)
			size += len(next.Data())
		case <-timer.C:
			return msgs
		}
	}
	return msgs
}

// quiet reports whether a pull ended as it should: nothing more in its time,
// or another instance is the active one.
func quiet(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.Is(err, jetstream.ErrPinIDMismatch)
}
