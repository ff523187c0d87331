package edge

import (
	"context"
	"slices"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

const (
	roomTail = 200 // entries that one read of a room's tail brings
	// longTail is how much of a tail is counted. Behind a longer one the count is
	// as high as counts go: the persister has stood still.
	longTail = 1000
	// unreadBound is how far the tables count. What a tail takes away leaves it
	// above what clients see.
	unreadBound = chat.UnreadCounted + longTail
)

// eachOfTail calls each with what the log has of a room after a sequence, up to
// end (0: as far as it goes). all is false if the tail is longer than longTail.
func (e *Edge) eachOfTail(ctx context.Context, room string, after, end uint64, each func(events.Entry)) (all bool, err error) {
	for range longTail / roomTail {
		entries, more, err := e.Log.Read(ctx, events.Chat.Subject(room), after, roomTail)
		if err != nil {
			return false, err
		}
		for _, entry := range entries {
			if after = entry.Seq; end != 0 && after > end {
				return true, nil
			}
			each(entry)
		}
		if !more {
			return true, nil
		}
	}
	return false, nil
}

// unreadAfter counts what the user has not read of a room if their marker stands
// at seq: from the room's newest events, which an edge has at hand where somebody
// listens, else from the tables and the log.
func (e *Edge) unreadAfter(ctx context.Context, user, room string, seq uint64) (chat.Counts, error) {
	if c, ok := e.hub.unreadAfter(user, room, seq); ok {
		return c, nil
	}
	rows, offset, err := e.Reading.Unread(ctx, user, room, seq, unreadBound)
	if err != nil {
		return chat.Counts{}, err
	}
	t := chat.NewTally(user, unreadBound, seq, rows)
	all, err := e.eachOfTail(ctx, room, offset, 0, func(entry events.Entry) { count(t, entry) })
	if err == nil && !all {
		err = chat.Errorf(chat.Unavailable, "There is more than can be counted.")
	}
	if err != nil {
		return chat.Counts{}, err
	}
	return e.settled(ctx, room, t)
}

// settled returns the tally's counts, for which the tables answer its doubts.
func (e *Edge) settled(ctx context.Context, room string, t *chat.Tally) (chat.Counts, error) {
	if doubts := t.Doubts(); len(doubts) > 0 {
		found, err := e.Reading.Messages(ctx, room, doubts)
		if err != nil {
			return chat.Counts{}, err
		}
		t.Settle(found)
	}
	return t.Counts(), nil
}

func count(t *chat.Tally, entry events.Entry) {
	if ev, err := entry.Event(); err == nil {
		t.Event(entry.Seq, ev)
	}
}

// unreadAfter counts from what a room's topic has at hand; false if that is not
// enough.
func (h *hub) unreadAfter(user, room string, seq uint64) (chat.Counts, bool) {
	if !h.rooms.feed.Hearing() {
		return chat.Counts{}, false
	}
	h.mu.RLock()
	t := h.topics[h.rooms.stream.Subject(room)]
	h.mu.RUnlock()
	if t == nil {
		return chat.Counts{}, false
	}
	items, last, ok := t.following(seq)
	if !ok {
		return chat.Counts{}, false
	}
	tally := chat.NewTally(user, chat.UnreadCounted, seq, chat.Counts{At: seq})
	for i := range items {
		if ev, err := events.Decode(items[i].event); err == nil {
			tally.Event(items[i].seq, ev)
		}
	}
	c := tally.Counts()
	c.At = max(c.At, last)
	return c, true
}

// following returns the events after seq and up to where the topic has heard
// everything; false if the ring does not reach back that far.
func (t *topic) following(seq uint64) (items []item, last uint64, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.started || seq < t.hole {
		return nil, 0, false
	}
	items, ok = t.ring.after(seq)
	return slices.Clone(items), t.last, ok
}
