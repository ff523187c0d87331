package edge

import (
	"context"

	"github.com/natter-chat/natter/events"
)

// markerCrowd is how many members a room may have for everybody to see
// everybody's read marker. In a larger one a message would cause as many
// markers as it has readers, each for all of them: there, only one's own
// devices hear one's markers.
const markerCrowd = 100

// markerFeed follows a room's read markers. They only grow, and a lost one is
// healed by the next: no ring, no replay.
type markerFeed struct {
	topic   *topic
	subject string
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
	crowd := t.size > markerCrowd
	for i := range t.live {
		if t.live[i].sub.user == ev.Actor.ID {
			t.live[i].to.push(own)
		} else if !crowd {
			t.live[i].to.push(frame)
		}
	}
	for _, s := range t.ahead {
		if s.user == ev.Actor.ID {
			s.to.send(own)
		} else if !crowd {
			s.to.send(frame)
		}
	}
}

// Reset changes nothing: the next marker tells it all (jetstream.Listener).
func (m *markerFeed) Reset(uint64) {}
