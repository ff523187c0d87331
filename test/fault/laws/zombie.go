package laws

import "github.com/natter-chat/natter/events"

// fenced: an instance that was overtaken commits nothing. Its marks would be an
// offset or a cursor that goes back, or a notification of what the cursor had
// passed already. What concerns an account has no event of CHAT and does not
// come from the notifier.
func fenced(e *Evidence) (found []Violation) {
	last := map[string]Record{}
	for _, r := range e.of(Offset) {
		if before := last[r.Client]; r.Seq < before.Seq {
			found = append(found, violation("the offset of "+r.Client+" went back", before, r))
		}
		last[r.Client] = r
	}
	var cursor Entry
	for _, n := range e.Notify {
		switch {
		case n.Type == events.CursorMoved && n.Upto < cursor.Upto:
			found = append(found, violation("the notifier's cursor went back").with(cursor, n))
		case n.Type == events.Notified && n.Upto > 0 && n.Upto <= cursor.Upto && n.Seq > cursor.Seq:
			found = append(found, violation("somebody was told of what the cursor had passed").with(cursor, n))
		}
		if n.Type == events.CursorMoved {
			cursor = n
		}
	}
	return found
}
