package laws

import (
	"fmt"

	"github.com/natter-chat/natter/events"
)

// bounded: I11, a room's part. As its log tells it, never more are in it than it
// has places, and each change of its members or settings is the next revision.
func bounded(e *Evidence) (found []Violation) {
	type room struct {
		in   map[string]bool
		cap  int
		last Entry // with a revision
	}
	rooms := map[string]*room{}
	for _, entry := range e.Chat {
		r := rooms[entry.Scope]
		if r == nil {
			r = &room{in: map[string]bool{}}
			rooms[entry.Scope] = r
		}
		switch entry.Type {
		case events.MemberJoined:
			r.in[entry.About] = true
		case events.MemberLeft:
			delete(r.in, entry.About)
		case events.RoomChanged:
			r.cap = entry.Cap
		}
		if r.cap > 0 && len(r.in) > r.cap && entry.Type == events.MemberJoined {
			found = append(found, violation(fmt.Sprintf("%d people are in a room of %d", len(r.in), r.cap)).with(entry))
		}
		if entry.Rev > 0 {
			if r.last.Rev > 0 && entry.Rev != r.last.Rev+1 {
				found = append(found, violation(fmt.Sprintf("revision %d of a room came after %d", entry.Rev, r.last.Rev)).with(r.last, entry))
			}
			r.last = entry
		}
	}
	return found
}
