package edge

import (
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Who left and came back sees nothing of what was said before their return: no
// amendment of it either, which would tell its text, its author, or that it was
// there. An amendment that a reader is not told is none of their events: the prev
// of the next one passes over it.

// aboutOf returns the sequence from which on a reader must be allowed to see a
// room to be told ev, which stands at seq: its own, and of an amendment that of its
// message; of an amendment of nothing that can be known 0: only who has never been
// away is told it.
func aboutOf(seq uint64, ev events.Event) uint64 {
	if chat.IsAmendment(ev.Type) {
		return chat.Target(seq, ev)
	}
	return seq
}

// withhold takes those who may not be told it out of the fan-out: they get their
// next event in a frame of their own. The topic's lock is held.
func (t *topic) withhold(it *item) {
	for i := len(t.live) - 1; i >= 0; i-- {
		s := t.live[i].sub
		if it.about >= s.from {
			continue
		}
		s.at, s.covered = max(s.at, it.prev), max(s.covered, it.prev)
		t.remove(s)
		s.state, s.index = subAhead, int32(len(t.ahead))
		t.ahead = append(t.ahead, s)
	}
}
