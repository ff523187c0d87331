package laws

import (
	"slices"
	"strings"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// told: I7.
func told(e *Evidence) (found []Violation) {
	owed := map[string]Entry{} // id of the notification → its cause
	for _, entry := range slices.Concat(e.Chat, e.Audit) {
		for _, tells := range entry.Tells {
			kind, user, _ := strings.Cut(tells, " ")
			owed[chat.NotificationID(user, entry.ID, kind)] = entry
		}
	}
	seen := map[string]Entry{}
	for _, n := range e.Notify {
		if n.Type != events.Notified {
			continue
		}
		if first, twice := seen[n.ID]; twice {
			found = append(found, violation("somebody was told twice").with(first, n, owed[n.ID]))
		}
		if _, due := owed[n.ID]; !due {
			found = append(found, violation("somebody was told of what did not concern them").with(n))
		}
		seen[n.ID] = n
	}
	for _, id := range sorted(owed) {
		if _, there := seen[id]; !there {
			found = append(found, violation("nobody was told of "+id).with(owed[id]))
		}
	}
	return append(append(found, toldRows(e)...), rung(e)...)
}

// toldRows: NOTIFY and its rows are the same notifications.
func toldRows(e *Evidence) (found []Violation) {
	rows := map[uint64]Row{}
	for _, r := range e.Notifications {
		rows[r.Seq] = r
	}
	for _, n := range e.Notify {
		if n.Type != events.Notified {
			continue
		}
		if r := rows[n.Seq]; r.ID != n.ID || r.Scope != n.Scope {
			found = append(found, violation("a notification has no row, or another's").with(n))
		}
		delete(rows, n.Seq)
	}
	for _, seq := range sorted(rows) {
		found = append(found, violation("a stored notification is not in the log").with(Entry{Seq: seq, Scope: rows[seq].Scope, ID: rows[seq].ID}))
	}
	return found
}

// rung: a stream, resumed as often as needed, brought every notification after
// its beginning, once and in order; a reset starts over from where it says.
func rung(e *Evidence) (found []Violation) {
	rings, from := map[string][]Record{}, map[string]Record{}
	for _, r := range e.of(Listen, Ring, Reset) {
		if r.Op == Listen {
			from[r.Client] = r
		} else if r.Room == "" {
			rings[r.Client] = append(rings[r.Client], r)
		}
	}
	log := bySeq(e.Notify)
	for _, client := range sorted(from) {
		start, seen, last := from[client], map[uint64]bool{}, Record{}
		skipped := start.Seq
		for _, r := range rings[client] {
			if r.Op == Reset {
				last, skipped = r, max(skipped, r.Seq)
				continue
			}
			if r.Seq <= last.Seq {
				found = append(found, violation("a stream repeated itself or ran backwards", last, r))
			}
			if n, there := log[r.Seq]; !there || n.Bad || n.Scope != start.User || n.ID != r.Message {
				found = append(found, violation("a stream brought what is no notification of "+start.User, r).with(n))
			}
			seen[r.Seq], last = true, r
		}
		for _, n := range e.Notify {
			if n.Scope == start.User && n.Seq > skipped && !n.Bad && !seen[n.Seq] {
				found = append(found, violation("a notification never reached the stream of "+client, start, last).with(n))
			}
		}
	}
	return found
}
