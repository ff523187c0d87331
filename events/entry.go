package events

import (
	"fmt"
	"time"
)

// Entry is a message as it stands in the log. Its body may be anything that
// somebody put there: Event decodes and checks it.
type Entry struct {
	Stream  Stream
	Subject string
	Seq     uint64 // the stream sequence: the order for everybody
	// Prev is the sequence of the entry before it on the same subject, 0 for
	// the first. Readers that fetched an arbitrary range may not know it: see
	// what returned the entry.
	Prev  uint64
	Body  []byte
	Time  time.Time // when the log stored it
	Trace string    // W3C traceparent, or ""
}

// MaxBody bounds an event's body, in bytes. What clients cause is far smaller;
// what is larger was put into the log by somebody else and is no event.
const MaxBody = 128 << 10

// Event decodes the body and checks that it stands on its own subject.
func (e Entry) Event() (Event, error) {
	if len(e.Body) > MaxBody {
		return Event{}, fmt.Errorf("%w: %d bytes are more than an event has", ErrUndecodable, len(e.Body))
	}
	ev, err := Decode(e.Body)
	if err != nil {
		return Event{}, err
	}
	row, known := Lookup(ev.Type)
	if known && row.Stream != e.Stream {
		return Event{}, fmt.Errorf("%w: %s stands in %s", ErrUndecodable, ev.Type, e.Stream)
	}
	if e.Subject != e.Stream.Prefix()+ev.Scope {
		return Event{}, fmt.Errorf("%w: scope %s stands on subject %s", ErrUndecodable, ev.Scope, e.Subject)
	}
	ev.Trace = e.Trace
	return ev, nil
}
