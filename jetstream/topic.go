package jetstream

import (
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"

	"github.com/natter-chat/natter/events"
)

// topic is one subject that a feed follows. Its shard's goroutine owns it.
type topic struct {
	feed     *Feed
	subject  string
	listener Listener
	whole    bool // a wildcard: contiguous by the stream's own sequence
	sub      *nats.Subscription
	refused  bool // the subject was open already

	opening bool           // no snapshot yet: everything is held
	opened  uint64         // the snapshot's position
	last    uint64         // everything up to it was delivered
	checked uint64         // the log had nothing of the subject in (last, checked]
	heard   bool           // something arrived since the last check
	filling bool           // a hole is being filled: everything is held
	held    []events.Entry // live entries that wait, ascending
	want    uint64         // the log holds entries before this that did not arrive; 0: none known
}

func newTopic(f *Feed, subject string, l Listener) *topic {
	return &topic{feed: f, subject: subject, listener: l, opening: true, whole: strings.HasSuffix(subject, "*")}
}

// deliver hands e to the listener unless it was delivered before.
func (t *topic) deliver(e events.Entry) {
	if e.Seq <= t.last {
		return
	}
	t.last = e.Seq
	t.listener.Event(e)
}

// hold keeps e until the hole before it is filled. What does not fit is read
// from the log like a hole.
func (t *topic) hold(e events.Entry) {
	if n := len(t.held); n > 0 && e.Seq <= t.held[n-1].Seq {
		return // a repeated copy
	}
	if len(t.held) >= heldEntries {
		t.want = max(t.want, e.Seq+1)
		return
	}
	t.held = append(t.held, e)
}

// missing returns the sequence before which entries are missing, or 0.
func (t *topic) missing() uint64 {
	switch {
	case len(t.held) > 0:
		return t.held[0].Seq
	case t.want > t.last+1:
		return t.want
	default:
		t.want = 0
		return 0
	}
}

// skip goes on behind a hole that cannot be filled.
func (t *topic) skip(position uint64) {
	t.feed.log.metrics.resets.WithLabelValues(string(t.feed.stream)).Inc()
	t.feed.log.logger.Error("the log could not fill a hole", "subject", t.subject, "after", t.last, "position", position)
	t.last = position
	t.listener.Reset(position)
}

func number(s string) uint64 {
	n, _ := strconv.ParseUint(s, 10, 64)
	return n
}
