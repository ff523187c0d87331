package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/natter-chat/natter/events"
)

// apply gives entries that follow the offset to the worker until they are
// applied, halving them when one among them never can be: that one is buried
// where it stands, so that the order is kept. What was prepared ahead, which may
// be nil, is used where it is for just these entries.
func (j *job) apply(ctx context.Context, entries []events.Entry, ahead *ahead) error {
	if len(entries) == 0 {
		return nil
	}
	batch := events.Batch{Stream: j.stream, Incarnation: j.log.Incarnation(j.stream),
		From: j.offset, To: entries[len(entries)-1].Seq, Entries: entries}
	apply := func(ctx context.Context) error { return j.worker.Apply(ctx, batch) }
	if ahead.fits(batch) {
		apply = ahead.apply
	}
	err := j.insist(ctx, apply)
	var never *permanent
	switch {
	case err == nil:
		j.offset = batch.To
		j.log.metrics.applied.WithLabelValues(string(j.opts.Consumer)).Add(float64(len(entries)))
		return nil
	case !errors.As(err, &never):
		return err
	case len(entries) == 1:
		return j.bury(ctx, entries[0], err)
	}
	half := len(entries) / 2
	if err := j.apply(ctx, entries[:half], nil); err != nil {
		return err
	}
	return j.apply(ctx, entries[half:], nil)
}

// insist repeats what fails for a reason that passes, such as a database that
// is down. A batch in hand is finished even when ctx has ended: it has
// applyBound for one try.
func (j *job) insist(ctx context.Context, try func(context.Context) error) error {
	for attempt := 1; ; attempt++ {
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyBound)
		err := try(bounded)
		cancel()
		var never *permanent
		switch {
		case err == nil, errors.As(err, &never):
			return err
		case errors.Is(err, ErrFenced):
			j.log.metrics.fenced.WithLabelValues(string(j.opts.Consumer)).Inc()
			return err
		case ctx.Err() != nil:
			return err
		}
		j.logger.Warn("could not apply, trying again", "attempt", attempt, "error", err)
		pause(ctx, min(time.Duration(attempt)*200*time.Millisecond, 2*time.Second))
	}
}
