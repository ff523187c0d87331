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

// catchUp applies what the log holds between the offset and before, and was not
// pulled: it is out to an instance that died, or was acked before a backup of
// the tables was restored. Only what the log itself no longer holds is passed
// over, loudly.
func (j *job) catchUp(ctx context.Context, before uint64) error {
	j.log.metrics.resumed.WithLabelValues(string(j.opts.Consumer)).Inc()
	for j.offset+1 < before && ctx.Err() == nil {
		page, _, err := j.log.Read(ctx, j.stream.Prefix()+"*", j.offset, fetchSize)
		if err != nil {
			return err
		}
		if len(page) == 0 {
			return fmt.Errorf("the log does not show entry %d yet, which was pulled", before)
		}
		if first := page[0].Seq; first > j.offset+1 {
			j.logger.Error("entries are no longer in the log and were never applied", "after", j.offset, "before", first)
		}
		if page[0].Seq >= before {
			return nil
		}
		for page[len(page)-1].Seq >= before {
			page = page[:len(page)-1]
		}
		if err := j.apply(ctx, page, nil); err != nil {
			return err
		}
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
