package jetstream

import (
	"context"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

const (
	// PublishDeadline is how long an event is retried: an election takes 4 to 9 s.
	PublishDeadline = 12 * time.Second

	batchEvents = 500      // events in one atomic batch; the server allows 1000
	batchBytes  = 4 << 20  // bytes in one atomic batch
	queueEvents = 16384    // events waiting for one stream's publisher
	queueBytes  = 32 << 20 // bytes waiting for one stream's publisher
)

// pending is one event on its way into the log.
type pending struct {
	id, subject, trace string
	body               []byte
	expect             *expectation // a fence; nil for almost everything
	queued             time.Time
	// reached is true once an attempt may have arrived at the server, so that
	// a failure can no longer be called one.
	reached bool
	done    func(seq uint64, duplicate bool, err error)
}

// expectation makes the server refuse the publish unless the subject's last
// sequence is seq.
type expectation struct {
	subject string
	seq     uint64
}

// publisher writes one stream's events, in the order in which they were queued.
type publisher struct {
	log    *Log
	stream events.Stream
	queue  chan *pending
	bytes  atomic.Int64 // waiting in queue
	next   *pending     // taken from the queue, but for the next batch
}

func newPublisher(l *Log, s events.Stream) *publisher {
	return &publisher{log: l, stream: s, queue: make(chan *pending, queueEvents)}
}

// Publish appends the event to its stream and returns its sequence. duplicate
// is true when the broker already had the event's id: seq is then the
// first one's, and the caller compares the bodies.
//
// Errors: outcome_unknown after PublishDeadline, unavailable when nothing was
// sent, overloaded when the queue is full, log_full. When ctx ends first
// the outcome is unknown, too.
func (l *Log) Publish(ctx context.Context, ev events.Event) (seq uint64, duplicate bool, err error) {
	type outcome struct {
		seq       uint64
		duplicate bool
		err       error
	}
	done := make(chan outcome, 1)
	l.PublishAsync(ev, func(seq uint64, duplicate bool, err error) { done <- outcome{seq, duplicate, err} })
	select {
	case o := <-done:
		return o.seq, o.duplicate, o.err
	case <-ctx.Done():
		return 0, false, unknown(ctx.Err())
	}
}

// PublishAsync queues the event; events of one stream are stored in the order
// of the calls. done is called exactly once, from the publisher's goroutine or
// before PublishAsync returns, and must not block.
func (l *Log) PublishAsync(ev events.Event, done func(seq uint64, duplicate bool, err error)) {
	s, _ := events.StreamOf(ev.Subject())
	l.publishers[s].enqueue(&pending{id: ev.ID, subject: ev.Subject(), trace: ev.Trace, body: ev.Encode(), done: done})
}

func (p *publisher) enqueue(e *pending) {
	e.queued = time.Now()
	if p.bytes.Add(int64(len(e.body))) > queueBytes {
		p.refuse(e)
		return
	}
	select {
	case p.queue <- e:
	default:
		p.refuse(e)
	}
}

func (p *publisher) refuse(e *pending) {
	p.bytes.Add(-int64(len(e.body)))
	p.finish(e, 0, false, &chat.Error{Code: chat.Overloaded, Detail: "Too many messages are waiting to be stored. Nothing happened; try again in a moment."})
}

// run is the publisher's goroutine: one publish in flight at a time, because a
// second one only adds latency when each costs an fsync.
func (p *publisher) run(ctx context.Context) {
	for {
		batch := p.collect(ctx)
		if batch == nil {
			p.abandon()
			return
		}
		p.log.metrics.batchSize.WithLabelValues(string(p.stream)).Observe(float64(len(batch)))
		p.publish(ctx, batch)
	}
}

// collect waits for one event and takes what else is already there. An event
// whose id is in the batch already waits for the next.
func (p *publisher) collect(ctx context.Context) []*pending {
	first := p.next
	p.next = nil
	if first == nil {
		select {
		case first = <-p.queue:
		case <-ctx.Done():
			return nil
		}
	}
	batch, size, ids := []*pending{first}, len(first.body), map[string]bool{first.id: true}
	for len(batch) < batchEvents && size < batchBytes {
		select {
		case e := <-p.queue:
			if ids[e.id] {
				p.next = e
				return p.taken(batch)
			}
			ids[e.id] = true
			batch, size = append(batch, e), size+len(e.body)
		default:
			return p.taken(batch)
		}
	}
	return p.taken(batch)
}

func (p *publisher) taken(batch []*pending) []*pending {
	for _, e := range batch {
		p.bytes.Add(-int64(len(e.body)))
	}
	return batch
}

// publish sends the batch until every event has an outcome. A batch that the
// server refuses because it holds a duplicate is halved: every half keeps its
// order, and a duplicate alone is answered with the first one's sequence.
func (p *publisher) publish(ctx context.Context, batch []*pending) {
	for attempt := 0; ; attempt++ {
		if batch = p.expire(ctx, batch); len(batch) == 0 {
			return
		}
		lost := p.log.writeLost()
		first, duplicate, err := p.log.send(ctx, p.stream, batch, lost)
		switch verdict(err) {
		case stored:
			for i, e := range batch {
				p.finish(e, first+uint64(i), duplicate, nil)
			}
			return
		case split:
			p.publish(ctx, batch[:len(batch)/2])
			p.publish(ctx, batch[len(batch)/2:])
			return
		case refused:
			for _, e := range batch {
				p.finish(e, 0, false, explain(err))
			}
			return
		}
		p.log.metrics.retries.WithLabelValues(string(p.stream)).Inc()
		p.log.logger.Debug("publish again", "stream", p.stream, "events", len(batch), "attempt", attempt, "error", err)
		pause(ctx, time.Duration(50+rand.IntN(100))*time.Millisecond*time.Duration(min(attempt+1, 5)))
	}
}

// expire fails those events whose deadline has passed, all if ctx has ended.
func (p *publisher) expire(ctx context.Context, batch []*pending) []*pending {
	left := batch[:0:0]
	for _, e := range batch {
		if ctx.Err() == nil && time.Since(e.queued) < PublishDeadline {
			left = append(left, e)
			continue
		}
		p.giveUp(e)
	}
	return left
}

// abandon answers everything that is still queued when the publisher ends.
func (p *publisher) abandon() {
	for {
		select {
		case e := <-p.queue:
			p.giveUp(e)
		default:
			return
		}
	}
}

func (p *publisher) giveUp(e *pending) {
	if e.reached {
		p.finish(e, 0, false, unknown(nil))
		return
	}
	p.finish(e, 0, false, unavailable(errNeverSent))
}

func (p *publisher) finish(e *pending, seq uint64, duplicate bool, err error) {
	outcome := "stored"
	switch {
	case err != nil:
		outcome = string(chat.CodeOf(err))
	case duplicate:
		outcome = "duplicate"
	}
	p.log.metrics.published.WithLabelValues(string(p.stream), outcome).Inc()
	p.log.metrics.publishTime.WithLabelValues(string(p.stream)).Observe(time.Since(e.queued).Seconds())
	e.done(seq, duplicate, err)
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
