package jetstream

import (
	"context"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/natter-chat/natter/events"
)

// Preparer is a Worker that does the part of Apply that needs nobody else, such
// as decoding, while the batch before is applied. With a backlog, that is when
// the database would wait for it.
type Preparer interface {
	Worker
	// Prepare returns what does the same as Apply with b. It has no effect
	// itself, is called from another goroutine than Apply, and must tell
	// errors by what it returns. That may be called again after it failed, also
	// where it took effect and could not know: like Apply, it has no effect and
	// returns ErrFenced where the offset is not b.From.
	Prepare(b events.Batch) (apply func(context.Context) error)
}

// haul is what one pull brought, on its way to the tables.
type haul struct {
	msgs    []jetstream.Msg // nil: another instance is the active one
	entries []events.Entry
	pending uint64 // entries that follow them in the stream
	ahead   *ahead // nil: nothing was prepared
}

// ahead is a batch that was prepared in the hope that it continues the offset.
type ahead struct {
	batch events.Batch
	apply func(context.Context) error
}

// fits reports whether b is the batch that was prepared: as both are runs
// without a hole, the ends tell.
func (a *ahead) fits(b events.Batch) bool {
	return a != nil && a.batch.From == b.From && a.batch.To == b.To && len(a.batch.Entries) == len(b.Entries)
}

// prepare reads what was pulled, and has the worker prepare it.
func (j *job) prepare(msgs []jetstream.Msg) (haul, error) {
	h := haul{msgs: msgs, entries: make([]events.Entry, len(msgs))}
	for i, msg := range msgs {
		meta, err := msg.Metadata()
		if err != nil {
			return h, fmt.Errorf("read a message's metadata: %w", err)
		}
		h.pending = meta.NumPending
		h.entries[i] = events.Entry{Stream: j.stream, Subject: msg.Subject(), Seq: meta.Sequence.Stream,
			Body: msg.Data(), Time: meta.Timestamp, Trace: last(msg.Headers(), hdrTraceparent)}
	}
	h.ahead = j.ahead(h.entries)
	return h, nil
}

// ahead has the worker prepare entries that are a run, if it can. Others, as
// around a fail-over, are rare and may be slow.
func (j *job) ahead(entries []events.Entry) *ahead {
	w, ok := j.worker.(Preparer)
	if !ok || len(entries) == 0 || contiguous(entries) < len(entries) {
		return nil
	}
	b := events.Batch{Stream: j.stream, Incarnation: j.log.Incarnation(j.stream), From: entries[0].Seq - 1,
		To: entries[len(entries)-1].Seq, Entries: entries}
	return &ahead{b, w.Prepare(b)}
}
