package laws

import (
	"slices"

	"github.com/natter-chat/natter/events"
)

// absence is the stretch of a room's log during which somebody was no member;
// its end is 0 for who never came back.
type absence struct{ left, back Entry }

func (a absence) holds(seq uint64) bool {
	return seq > a.left.Seq && (a.back.Seq == 0 || seq < a.back.Seq)
}

// absences returns them by room and user, as the log tells.
func (e *Evidence) absences() map[string][]absence {
	all := map[string][]absence{}
	for _, entry := range e.Chat {
		key := entry.Scope + " " + entry.About
		list := all[key]
		switch n := len(list); {
		case entry.Type == events.MemberLeft:
			all[key] = append(list, absence{left: entry})
		case entry.Type == events.MemberJoined && n > 0 && list[n-1].back.Seq == 0:
			list[n-1].back = entry
		}
	}
	return all
}

// hidden says whether an entry amends what somebody may not see, because they came
// back after it was said: they are not told it.
func hidden(entry Entry, absences []absence) bool {
	return entry.Of != 0 && slices.ContainsFunc(absences, func(a absence) bool { return entry.Of < a.back.Seq && a.back.Seq <= entry.Seq })
}

// away: I10.
func away(e *Evidence) (found []Violation) {
	absences, log := e.absences(), bySeq(e.Chat)
	for _, r := range e.of(See, History, Poll, Search) {
		if entry := log[r.Seq]; r.Op == See && hidden(entry, absences[r.Room+" "+r.User]) {
			found = append(found, violation("somebody was told what became of a message of before they came back", r).with(entry))
		}
		for _, a := range absences[r.Room+" "+r.User] {
			if r.Op == See && a.holds(r.Seq) {
				found = append(found, violation("an event reached somebody who was away", r).with(a.left, a.back))
			}
			for _, seq := range r.Seqs {
				if a.holds(seq) {
					r.Seqs = []uint64{seq}
					found = append(found, violation(string(r.Op)+" showed somebody what was said while they were away", r).with(a.left, a.back))
					break
				}
			}
		}
	}
	return found
}
