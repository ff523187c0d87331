package jetstream

import (
	"context"
	"math"

	"github.com/nats-io/nats.go"

	"github.com/natter-chat/natter/events"
)

// shard is one goroutine that owns the topics hashed to it: nothing else reads
// or writes them.
type shard struct {
	feed   *Feed
	live   chan *nats.Msg // republished copies, straight from the connection
	calls  chan func()
	ended  chan struct{}
	topics map[string]*topic
}

func newShard(f *Feed) *shard {
	return &shard{feed: f, live: make(chan *nats.Msg, shardQueue), calls: make(chan func(), 64),
		ended: make(chan struct{}), topics: map[string]*topic{}}
}

func (s *shard) run(ctx context.Context) {
	defer close(s.ended)
	defer func() {
		for _, t := range s.topics {
			s.remove(t)
		}
	}()
	for {
		select {
		case <-ctx.Done():
			return
		case msg := <-s.live:
			s.receive(msg)
		case call := <-s.calls:
			call()
		}
	}
}

// do runs fn on the shard's goroutine and waits; false when the shard ended.
func (s *shard) do(fn func()) bool {
	done := make(chan struct{})
	select {
	case s.calls <- func() { fn(); close(done) }:
	case <-s.ended:
		return false
	}
	select {
	case <-done:
		return true
	case <-s.ended:
		return false
	}
}

func (s *shard) add(t *topic) {
	if s.topics[t.subject] != nil {
		t.refused = true
		return
	}
	s.topics[t.subject] = t
	s.feed.log.metrics.topics.WithLabelValues(string(s.feed.stream)).Inc()
}

func (s *shard) remove(t *topic) {
	if s.topics[t.subject] != t {
		return
	}
	delete(s.topics, t.subject)
	s.feed.log.metrics.topics.WithLabelValues(string(s.feed.stream)).Dec()
	if t.sub != nil {
		t.sub.Unsubscribe()
	}
}

// own gives t its subscription, unless t was removed meanwhile.
func (s *shard) own(t *topic, sub *nats.Subscription) {
	if s.topics[t.subject] != t {
		sub.Unsubscribe()
		return
	}
	t.sub = sub
}

// begin ends the opening of t: from position on, everything is delivered.
func (s *shard) begin(t *topic, snapshot []events.Entry, position, upTo uint64) {
	if s.topics[t.subject] != t {
		return
	}
	for _, e := range snapshot {
		t.deliver(e)
	}
	t.opening = false
	t.opened, t.last, t.checked = position, position, max(position, upTo)
	s.settle(t)
}

// receive takes one republished copy.
func (s *shard) receive(msg *nats.Msg) {
	subject := msg.Subject[len("live."):]
	t := s.topics[subject]
	if t == nil {
		t = s.topics[s.feed.stream.Prefix()+"*"]
	}
	e, err := entry(s.feed.stream, msg, subject)
	if t == nil || err != nil { // closed meanwhile, or no copy of ours
		return
	}
	s.feed.log.metrics.received.WithLabelValues(string(s.feed.stream)).Inc()
	t.heard = true
	e.Prev = number(last(msg.Header, "Nats-Last-Sequence"))
	if t.whole { // the previous sequence on the subject says nothing about the others
		e.Prev = e.Seq - 1
	}
	if t.opening || t.filling || (e.Prev > t.last && e.Seq > t.last) {
		t.hold(e)
		s.settle(t)
		return
	}
	t.deliver(e)
}

// settle delivers what is held as far as it is contiguous, and starts to fill
// the hole before the rest.
func (s *shard) settle(t *topic) {
	if t.opening || t.filling {
		return
	}
	for len(t.held) > 0 {
		e := t.held[0]
		if e.Seq > t.last && e.Prev > t.last {
			break
		}
		t.held = t.held[1:]
		t.deliver(e)
	}
	if len(t.held) == 0 {
		t.held = nil
	}
	before := t.missing()
	if before == 0 {
		return
	}
	t.filling = true
	h := hole{after: t.last, before: before}
	if len(t.held) > 0 {
		h.prev = t.held[0].Prev
	}
	s.feed.running.Go(func() { s.feed.fillHole(s, t, h) })
}

// filled takes what the log held of a hole and goes on with what waited. erased
// says that what it did not hold was erased.
func (s *shard) filled(t *topic, found []events.Entry, before uint64, erased bool) {
	t.filling = false
	if s.topics[t.subject] != t {
		return
	}
	held := map[uint64]bool{}
	for _, e := range t.held {
		held[e.Seq] = true
	}
	for _, e := range found {
		if e.Seq > t.last && !held[e.Seq] {
			s.feed.log.metrics.filled.WithLabelValues(string(s.feed.stream)).Inc()
		}
		t.deliver(e)
	}
	if t.want <= before { // reached, or not there: the next check will tell
		t.want = 0
	}
	// The log was read up to before: what is not there is gone for good.
	switch {
	case t.whole: // overwritten or expired, which loses nothing
		t.last = max(t.last, before-1)
	case len(t.held) > 0 && t.held[0].Seq == before && t.held[0].Prev > t.last && erased:
		t.held[0].Prev = t.last // nothing is between the two any more
	case len(t.held) > 0 && t.held[0].Seq == before && t.held[0].Prev > t.last:
		t.skip(t.held[0].Prev)
	}
	s.settle(t)
}

// quiet returns the topics that have not heard anything since the last call,
// or all of them.
func (s *shard) quiet(all bool) []*topic {
	var found []*topic
	for _, t := range s.topics {
		switch {
		case t.opening || t.filling:
		case all || !t.heard:
			found = append(found, t)
		default:
			t.heard, t.checked = false, t.last
		}
	}
	return found
}

// compare fills what the log has and the topics have not.
func (s *shard) compare(topics []*topic, newest map[string]uint64, upTo uint64) {
	for range len(s.live) { // what has arrived by now was not lost
		s.receive(<-s.live)
	}
	for _, t := range topics {
		if s.topics[t.subject] != t {
			continue
		}
		if seq := newest[t.subject]; seq > t.last {
			t.want = max(t.want, seq+1)
			s.settle(t)
		}
		switch {
		case t.whole:
			t.checked = t.last
		case upTo != math.MaxUint64:
			t.checked = max(t.checked, upTo)
		}
	}
}
