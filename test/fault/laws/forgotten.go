package laws

import (
	"slices"
	"strings"

	"github.com/natter-chat/natter/events"
)

// forgotten: of a message that was deleted no version is in any table or stream.
func forgotten(e *Evidence) (found []Violation) {
	deleted := map[uint64]Entry{}
	for _, entry := range e.Chat {
		if entry.Type == events.MessageDeleted {
			deleted[entry.Of] = entry
		}
	}
	for _, r := range e.of(Post, Edit) {
		target := r.Target
		if r.Op == Post {
			target = r.Seq
		}
		by, gone := deleted[target]
		if !gone || target == 0 {
			continue
		}
		for _, where := range sorted(e.Words) {
			if slices.ContainsFunc(e.Words[where], func(word string) bool { return strings.Contains(r.Text, word) }) {
				found = append(found, violation("what was deleted is still in "+where, r).with(by))
			}
		}
	}
	return found
}
