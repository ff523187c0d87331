package laws

import (
	"slices"
	"sort"
)

// contiguous: I5. Between two neighbours that a client saw, the room has no
// other event that its user is told, unless a reset stands between them. The end of
// what was seen is I1's affair.
func contiguous(e *Evidence) []Violation { return append(whole(e), excused(e)...) }

func whole(e *Evidence) (found []Violation) {
	rooms, absences := e.rooms(), e.absences()
	for v, records := range e.views() {
		log := rooms[v.room]
		var before Record // where the client stood
		for _, r := range records {
			if r.Op == See && before.Op != "" {
				missing := slices.DeleteFunc(between(log, before.Seq, r.Seq), func(m Entry) bool { return hidden(m, absences[r.Room+" "+r.User]) })
				if len(missing) > 0 {
					found = append(found, violation("a client was shown a room with a hole in it", before, r).with(missing[0]))
				}
			}
			if r.Op != Follow || before.Op == "" { // following again goes on from where one stood
				before = r
			}
		}
	}
	return found
}

// between returns the entries of a room after one sequence and before another,
// without those that were erased.
func between(log []Entry, after, before uint64) (some []Entry) {
	for i := sort.Search(len(log), func(i int) bool { return log[i].Seq > after }); i < len(log) && log[i].Seq < before; i++ {
		if !log[i].Gone {
			some = append(some, log[i])
		}
	}
	return some
}
