package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// memberOf returns what a topic here knows of a user's membership, without a
// query: true as long as the feed hears everything. ok is false when nothing
// is known, or when the feed may have missed a leave; then ask the directory.
func (h *hub) memberOf(user, room string) (m chat.Membership, ok bool) {
	if !events.IsID(room) || !h.rooms.feed.Hearing() {
		return chat.Membership{}, false
	}
	h.mu.RLock()
	t := h.topics[h.rooms.stream.Subject(room)]
	h.mu.RUnlock()
	if t == nil {
		return chat.Membership{}, false
	}
	return t.known(user)
}

// await returns once the room has an event after after, or with ctx's error.
func (h *hub) await(ctx context.Context, room string, after uint64) error {
	t, err := h.acquire(ctx, h.rooms, room)
	if err != nil {
		return err
	}
	defer t.release()
	for {
		changed := t.next(after)
		if changed == nil {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// next returns a channel that the next event closes, or nil when there is
// something after after already.
func (t *topic) next(after uint64) <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.shown > after {
		return nil
	}
	if t.stirred == nil {
		t.stirred = make(chan struct{})
	}
	return t.stirred
}

// hears reports whether this edge hears everything that happens in the room: what
// it keeps of it is true.
func (h *hub) hears(room string) bool {
	if !h.rooms.feed.Hearing() {
		return false
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	t := h.topics[h.rooms.stream.Subject(room)]
	if t == nil || t.gone != nil {
		return false
	}
	select {
	case <-t.ready:
		return t.err == nil
	default:
		return false
	}
}
