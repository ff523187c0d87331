package laws

import (
	"fmt"
	"strings"

	"github.com/natter-chat/natter/events"
)

// counted: I11. The members of a room are those whom the log says, and the room's
// count is their number, so that a bound on it holds.
func counted(e *Evidence) (found []Violation) {
	want, last := map[string]bool{}, map[string]Entry{}
	for _, entry := range e.Chat {
		key := entry.Scope + " " + entry.About
		switch entry.Type {
		case events.MemberJoined:
			want[key], last[key] = true, entry
		case events.MemberLeft:
			delete(want, key)
			last[key] = entry
		}
	}
	for _, key := range sorted(last) {
		if want[key] != e.Members[key] {
			found = append(found, violation(fmt.Sprintf("the tables and the log disagree whether somebody is a member (%v, %v)", e.Members[key], want[key])).with(last[key]))
		}
	}
	count := map[string]int{}
	for key := range e.Members {
		room, _, _ := strings.Cut(key, " ")
		count[room]++
	}
	for _, room := range sorted(e.Counts) {
		if e.Counts[room] != count[room] {
			found = append(found, violation(fmt.Sprintf("room %s counts %d members and has %d", room, e.Counts[room], count[room])))
		}
	}
	return append(found, bounded(e)...)
}
