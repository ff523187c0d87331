package jetstream

import (
	"context"
	"fmt"

	"github.com/natter-chat/natter/events"
)

// load reads the offset and compares it with the stream and the consumer, whose
// acks are no truth: an older backup of the tables simply has an older offset,
// from which the consumer delivers again. A log that ends before the offset is
// refused.
func (j *job) load(ctx context.Context, acked uint64) error {
	offset, err := j.worker.Offset(ctx, j.stream, j.log.Incarnation(j.stream))
	if err != nil {
		return fmt.Errorf("load the offset: %w", err)
	}
	state, err := j.log.State(ctx, j.stream)
	if err != nil {
		return err
	}
	if state.Last < offset {
		return fmt.Errorf("the tables are at %d but stream %s ends at %d: an older log was restored; restore the matching database or set the log up anew", offset, j.stream, state.Last)
	}
	j.offset = offset
	switch {
	case acked > offset:
		j.logger.Warn("the tables are behind what was acked: reading again", "offset", offset, "acked", acked)
	case acked == 0 && offset > 0:
		j.logger.Info("the consumer is new: it begins at the offset", "offset", offset)
	default:
		return nil
	}
	if _, err := j.log.js.ResetConsumerToSequence(ctx, string(j.stream), string(j.opts.Consumer), offset+1); err != nil {
		return fmt.Errorf("set the consumer back to %d: %w", offset+1, err)
	}
	return nil
}

// catchUp applies what the log holds after the offset, up to the newest of the
// entries that were pulled: what was not pulled is out to an instance that died,
// or was acked before a backup of the tables was restored. What was erased is
// passed over, and so is, loudly, what the log no longer holds.
func (j *job) catchUp(ctx context.Context, pulled []events.Entry) error {
	upTo, read := newest(pulled), 0
	for more := true; more && j.offset < upTo && ctx.Err() == nil; {
		// Asked before the log is read: what was given out by now, a read shows.
		state, err := j.log.State(ctx, j.stream)
		switch {
		case err != nil:
			return err
		case state.Last < upTo:
			return fmt.Errorf("the log does not show entry %d yet, which was pulled", upTo)
		case state.First > j.offset+1:
			j.logger.Error("entries are no longer in the log and were never applied", "after", j.offset, "before", state.First)
		}
		var page []events.Entry
		if page, more, err = j.log.Read(ctx, j.stream.Prefix()+"*", j.offset, fetchSize); err != nil {
			return err
		}
		for len(page) > 0 && page[len(page)-1].Seq > upTo {
			page, more = page[:len(page)-1], false
		}
		if read += len(page); len(page) == 0 {
			break // all of it was erased after it was pulled
		}
		if err := j.apply(ctx, page, nil); err != nil {
			return err
		}
	}
	if read > len(pulled) {
		j.log.metrics.resumed.WithLabelValues(string(j.opts.Consumer)).Inc()
	}
	return ctx.Err()
}

// contiguous is how many of the entries, from the first on, follow one another
// without a hole.
func contiguous(entries []events.Entry) int {
	n := 1
	for n < len(entries) && entries[n].Seq == entries[n-1].Seq+1 {
		n++
	}
	return n
}
