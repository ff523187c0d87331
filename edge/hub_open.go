package edge

import (
	"context"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// acquire returns the open topic of a scope, opening it if it is the first.
// The caller releases it.
func (h *hub) acquire(ctx context.Context, f *follower, scope string) (*topic, error) {
	subject := f.stream.Subject(scope)
	for {
		t, gone, err := h.find(f, subject, scope)
		if err != nil {
			return nil, err
		}
		if gone != nil {
			select {
			case <-gone:
				continue
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		select {
		case <-t.ready:
		case <-ctx.Done():
			t.release()
			return nil, ctx.Err()
		}
		if t.err != nil {
			t.release()
			return nil, t.err
		}
		return t, nil
	}
}

// find returns the topic, held. While the old one is being closed it returns
// the channel to wait on instead.
func (h *hub) find(f *follower, subject, scope string) (t *topic, gone chan struct{}, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if t := h.topics[subject]; t != nil {
		if t.gone == nil {
			t.hold()
		}
		return t, t.gone, nil
	}
	if len(h.topics) >= maxTopics {
		return nil, nil, chat.Errorf(chat.Overloaded, "This edge follows as many rooms as it can. Try again.")
	}
	t = &topic{hub: h, follow: f, subject: subject, scope: scope, ready: make(chan struct{}), scanning: make(chan struct{}, 1), codec: f.codec(scope)}
	t.hold()
	if !h.goLocked(func() { h.open(t) }) {
		return nil, nil, chat.Errorf(chat.Unavailable, "This edge is stopping. Connect again.")
	}
	h.topics[subject] = t
	return t, nil, nil
}

// open follows the topic. A failure is told to everybody who waits, and the
// next one tries anew.
func (h *hub) open(t *topic) {
	ctx, cancel := context.WithTimeout(h.base, openTime)
	defer cancel()
	position, err := t.follow.feed.Open(ctx, t.subject, t)
	if err != nil {
		h.mu.Lock()
		delete(h.topics, t.subject)
		h.mu.Unlock()
		t.err = err
		close(t.ready)
		return
	}
	t.mu.Lock()
	t.start(position)
	t.mu.Unlock()
	t.follow.saw(position)
	if t.follow == h.rooms {
		h.edge.pages.forget(t.scope) // from now on every change is heard
		h.followMarkers(ctx, t)
		h.edge.presence.talk.Follow(events.Typing.Subject(t.scope))
	}
	h.metrics.topics.Inc()
	close(t.ready)
}

const (
	openTime    = 10 * time.Second // for everything that opening a topic takes
	markerRetry = 5                // seconds until a room's markers are tried again
)

// closeIdle closes topics that nobody has used for linger.
func (h *hub) closeIdle(now int64) {
	var idle []*topic
	h.mu.Lock()
	for _, t := range h.topics {
		select {
		case <-t.ready:
			if t.gone == nil && t.lingers(now) {
				t.gone = make(chan struct{})
				idle = append(idle, t)
			}
		default:
		}
	}
	h.mu.Unlock()
	for _, t := range idle {
		h.close(t)
	}
}

// close ends a topic that nobody holds. Whoever wants it meanwhile waits on
// gone: the feed allows one listener for a subject.
func (h *hub) close(t *topic) {
	t.follow.feed.Close(t.subject)
	if t.follow == h.rooms {
		h.edge.presence.talk.Unfollow(events.Typing.Subject(t.scope))
	}
	if t.markers != nil {
		h.markers.feed.Close(t.markers.subject)
	}
	h.mu.Lock()
	delete(h.topics, t.subject)
	h.mu.Unlock()
	t.mu.Lock()
	h.grew(-t.ring.bytes)
	t.ring.reset(0)
	t.mu.Unlock()
	h.metrics.topics.Dec()
	close(t.gone)
}
