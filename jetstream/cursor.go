package jetstream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// MaxFenced is how many events PublishFenced takes at once.
const MaxFenced = 900

// Cursor is the notifier's place in CHAT, kept in NOTIFY beside what it
// published: the two move together or not at all.
type Cursor struct {
	Incarnation string // of CHAT
	Seq         uint64 // CHAT is handled up to here
	at          uint64 // the cursor event's own sequence in NOTIFY: the fence
}

// LoadCursor returns the newest cursor, a zero one if there is none. What
// somebody else put on its subject is passed over, but counts for the fence.
func (l *Log) LoadCursor(ctx context.Context) (Cursor, error) { return l.CursorBefore(ctx, 0) }

// CursorBefore returns the newest cursor that stands in NOTIFY before a
// sequence; 0 means no bound. An older one than the newest fences nothing.
func (l *Log) CursorBefore(ctx context.Context, before uint64) (Cursor, error) {
	var c Cursor
	for {
		page, err := l.ReadBack(ctx, cursorSubject, 0, before, cursorPage)
		if err != nil || len(page) == 0 {
			return c, err
		}
		c.at = max(c.at, page[len(page)-1].Seq)
		for _, e := range slices.Backward(page) {
			if data, ok := cursorOf(e); ok {
				c.Incarnation, c.Seq = data.Incarnation, data.Seq
				return c, nil
			}
			l.logger.Error("this is no cursor", "subject", e.Subject, "seq", e.Seq)
		}
		before = page[0].Seq
	}
}

// cursorPage is how many entries LoadCursor looks at at once: one is enough
// unless somebody else wrote there.
const cursorPage = 8

func cursorOf(e events.Entry) (events.CursorMovedData, bool) {
	ev, err := e.Event()
	if err != nil || ev.Type != events.CursorMoved || ev.Version > events.Version {
		return events.CursorMovedData{}, false
	}
	data, err := events.DataOf[events.CursorMovedData](ev)
	return data, err == nil
}

var cursorSubject = events.Notify.Subject(events.NotifierCursor)

// PublishFenced appends evs, all of NOTIFY, and the cursor's move to seq as one
// atomic batch, at most MaxFenced events. It returns the new cursor, or
// ErrFenced if c is not the newest cursor any more: then nothing was written
// by this call, or all of it by an attempt whose ack was lost. Load
// the cursor to know.
func (l *Log) PublishFenced(ctx context.Context, c Cursor, seq uint64, evs []events.Event) (Cursor, error) {
	if len(evs) > MaxFenced {
		return c, fmt.Errorf("%d events are more than one batch takes", len(evs))
	}
	incarnation := l.Incarnation(events.Chat)
	moved := events.New(events.CursorMoved, chat.NewID(), events.NotifierCursor, events.Person{}, time.Now(),
		events.CursorMovedData{Stream: events.Chat, Incarnation: incarnation, Seq: seq})
	var batch []*pending
	for _, ev := range append(evs[:len(evs):len(evs)], moved) {
		batch = append(batch, &pending{id: ev.ID, subject: ev.Subject(), trace: ev.Trace, body: ev.Encode()})
	}
	batch[0].expect = &expectation{subject: cursorSubject, seq: c.at}
	deadline, cancel := context.WithTimeout(ctx, PublishDeadline)
	defer cancel()
	for {
		first, _, err := l.send(deadline, events.Notify, batch, l.writeLost())
		switch verdict(err) {
		case stored:
			return Cursor{Incarnation: incarnation, Seq: seq, at: first + uint64(len(batch)) - 1}, nil
		case split:
			return c, fmt.Errorf("%w: a notification was published already: %w", ErrFenced, err)
		case refused:
			return c, explain(err)
		}
		l.metrics.retries.WithLabelValues(string(events.Notify)).Inc()
		if pause(deadline, 100*time.Millisecond); deadline.Err() != nil {
			return c, errors.Join(deadline.Err(), err)
		}
	}
}
