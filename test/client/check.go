package client

import (
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Event is an event as a client received it.
type Event struct {
	Seq, Prev uint64
	events.Event
	Text string // of a posted message, else ""
}

// TextOf returns a posted message's text, or "".
func TextOf(e events.Event) string {
	if e.Type != events.MessagePosted {
		return ""
	}
	text, _ := events.TextOf(e)
	return text
}

// record writes one frame down and checks it.
func (j *Journal) record(f Frame) {
	switch f.Op {
	case "event":
		j.write(func() { j.event(f) })
	case "subscribed":
		j.write(func() { j.start(f) })
	case "reset":
		j.write(func() { j.reset(f) })
	case "unsubscribed":
		j.write(func() {
			t := j.room(f.Room)
			t.open, t.Ended, t.There = false, f.Reason, nil
		})
	case "marker":
		j.write(func() { j.marker(f) })
	case "present":
		j.write(func() { j.present(f) })
	case "presence":
		j.write(func() { j.presence(f) })
	case "welcome", "ack", "error", "pong", "bye", "typing":
	default:
		j.write(func() { j.violated("unknown op %q", f.Op) })
	}
}

// start checks that a subscription goes on where the client stood.
func (j *Journal) start(f Frame) {
	t := j.room(f.Room)
	p, err := chat.ParsePosition(f.Position)
	switch had := t.Position; {
	case err != nil:
		j.violated("room %s: subscribed with the position %q", f.Room, f.Position)
	case had.Incarnation != "" && p != had:
		j.violated("room %s: asked to resume from %s, subscribed at %s", f.Room, had, p)
	}
	t.Position, t.open, t.Ended, t.There = p, true, "", nil
}

func (j *Journal) reset(f Frame) {
	t := j.room(f.Room)
	p, err := chat.ParsePosition(f.Position)
	if err != nil {
		j.violated("room %s: reset with the position %q", f.Room, f.Position)
	}
	t.Position, t.open, t.Ended = p, true, ""
	if f.ID != 0 { // a subscription that begins is not watched yet
		t.There = nil
	}
	t.Resets = append(t.Resets, Reset{f.Position, f.Reason, len(t.Events)})
}

func (j *Journal) event(f Frame) {
	t := j.room(f.Room)
	ev, err := events.Decode(f.Event)
	if err != nil {
		j.violated("room %s, seq %d: %v", f.Room, f.Seq, err)
	}
	if !t.open {
		j.violated("room %s, seq %d: an event without a subscription", f.Room, f.Seq)
	}
	if n := len(t.Events); n > 0 && t.Events[n-1].Seq == t.Position.Seq && f.Prev != t.Position.Seq {
		j.violated("room %s, seq %d: prev is %d, but the event before was %d", f.Room, f.Seq, f.Prev, t.Position.Seq)
	}
	if f.Prev > t.Position.Seq {
		j.violated("room %s, seq %d: prev is %d, but only what came up to %d is here", f.Room, f.Seq, f.Prev, t.Position.Seq)
	}
	if f.Seq <= f.Prev || f.Seq <= t.Position.Seq {
		j.violated("room %s, seq %d: came after %d (prev %d)", f.Room, f.Seq, t.Position.Seq, f.Prev)
	}
	if ev.Scope != f.Room {
		j.violated("room %s, seq %d: is an event of %s", f.Room, f.Seq, ev.Scope)
	}
	if first, twice := t.ids[ev.ID]; twice {
		j.violated("room %s, seq %d: event %s came twice, first as %d", f.Room, f.Seq, ev.ID, first)
	}
	t.ids[ev.ID] = f.Seq
	t.Position.Seq = f.Seq
	text := TextOf(ev)
	if text != "" {
		t.Texts = append(t.Texts, text)
	}
	t.Events = append(t.Events, Event{Seq: f.Seq, Prev: f.Prev, Event: ev, Text: text})
}

func (j *Journal) marker(f Frame) {
	t := j.room(f.Room)
	if !t.open {
		j.violated("room %s: a marker without a subscription", f.Room)
	}
	user := f.userID()
	t.Markers[user] = max(t.Markers[user], f.Seq)
}

// resume sets the position from which the next subscription of a room starts,
// such as that of a page of history.
func (j *Journal) resume(room string, p chat.Position) {
	j.write(func() { j.room(room).Position = p })
}

// disconnected closes all subscriptions: the socket has ended.
func (j *Journal) disconnected() {
	j.write(func() {
		for _, t := range j.rooms {
			t.open, t.There = false, nil
		}
	})
}

// open reports whether the room is subscribed on the present socket.
func (j *Journal) open(room string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.room(room).open
}
