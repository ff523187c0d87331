package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// markerCrowd is how many members a room may have for everybody to see
// everybody's read marker. In a larger one a message would cause as many
// markers as it has readers, each for all of them: there, only one's own
// devices hear one's markers.
const markerCrowd = 100

// markerFeed follows a room's read markers. They only grow: one that is smaller than
// what was told here is told to nobody, and a lost one is healed by the next: no
// ring, no replay.
type markerFeed struct {
	topic   *topic
	subject string
	known   map[string]uint64 // how far people have read, as was told here; forgotten beyond maxMembers of them (the topic's lock)
}

// followMarkers makes the topic hear its room's markers. The room works without
// them: after a failure it is tried again later.
func (h *hub) followMarkers(ctx context.Context, t *topic) {
	m := &markerFeed{topic: t, subject: events.Reads.Subject(t.scope)}
	if _, err := h.markers.feed.Open(ctx, m.subject, m); err != nil {
		h.edge.Logger.Warn("read markers of a room are not followed yet", "room", t.scope, "error", err)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.markerless = append(h.markerless, t)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.markers = m
}

// retryMarkers tries again for the rooms whose markers could not be followed
// and that are still open.
func (h *hub) retryMarkers() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range h.markerless {
		if t.gone != nil || h.topics[t.subject] != t {
			continue
		}
		t.hold()
		started := h.goLocked(func() {
			defer t.release()
			ctx, cancel := context.WithTimeout(h.base, openTime)
			defer cancel()
			h.followMarkers(ctx, t)
		})
		if !started {
			t.release()
		}
	}
	h.markerless = nil
}

// Event sends a marker to those who are attached (jetstream.Listener).
func (m *markerFeed) Event(e events.Entry) {
	ev, err := e.Event()
	if err != nil || ev.Type != events.ReadMarked {
		return
	}
	data, err := events.DataOf[events.ReadMarkedData](ev)
	if err != nil {
		return
	}
	t := m.topic
	marker := markerFrame{Op: "marker", Room: t.scope, User: ev.Actor.ID, Seq: data.Seq}
	frame := encodeFrame(marker)
	if mentions := len(data.Mentioned); data.At > 0 {
		marker.Unread, marker.Mentions, marker.Mentioned = &data.Unread, &mentions, data.Mentioned
		marker.At, marker.Since = data.At, data.Since
	}
	own := encodeFrame(marker)
	t.mu.Lock()
	defer t.mu.Unlock()
	if data.Seq < m.known[ev.Actor.ID] { // it was sent at the same time as a larger one
		return
	}
	crowd := t.size > markerCrowd
	told := !crowd
	for i := range t.live {
		if t.live[i].sub.user == ev.Actor.ID {
			t.live[i].to.push(own)
			told = true
		} else if !crowd {
			t.live[i].to.push(frame)
		}
	}
	for _, s := range t.ahead {
		if s.user == ev.Actor.ID {
			s.to.send(own)
			told = true
		} else if !crowd {
			s.to.send(frame)
		}
	}
	if told {
		m.raise(ev.Actor.ID, data.Seq)
	}
}

// raise remembers how far somebody has read. The topic's lock is held.
func (m *markerFeed) raise(user string, seq uint64) {
	if m.known == nil || len(m.known) >= maxMembers {
		m.known = map[string]uint64{user: m.known[user]}
	}
	m.known[user] = max(m.known[user], seq)
}

// marker returns how far somebody has read, as far as this edge has heard; 0 if
// it has not.
func (h *hub) marker(seat chat.Seat) (seq uint64) {
	h.withMarkers(seat.Room, func(m *markerFeed) { seq = m.known[seat.User] })
	return seq
}

// marked takes a marker of which the log has been told.
func (h *hub) marked(seat chat.Seat, seq uint64) {
	h.withMarkers(seat.Room, func(m *markerFeed) { m.raise(seat.User, seq) })
}

// withMarkers calls do, under the topic's lock, if the room's markers are followed.
func (h *hub) withMarkers(room string, do func(*markerFeed)) {
	h.mu.RLock()
	t := h.topics[h.rooms.stream.Subject(room)]
	h.mu.RUnlock()
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.markers != nil {
		do(t.markers)
	}
}

// Reset changes nothing: the next marker tells it all (jetstream.Listener).
func (m *markerFeed) Reset(uint64) {}
