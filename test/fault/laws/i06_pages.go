package laws

// truePages: whatever a page of history shows stands in the log, in that room,
// and says the same there.
func truePages(e *Evidence) (found []Violation) {
	log := bySeq(e.Chat)
	for _, h := range e.of(History) {
		if h.Outcome != OK {
			continue
		}
		var sums []string
		strange := false
		for _, seq := range h.Seqs {
			entry, there := log[seq]
			if !there || entry.Bad || entry.Scope != h.Room {
				v := violation("a page of history shows what the room's log does not have", h)
				if there {
					v = v.with(entry)
				}
				found, strange = append(found, v), true
				break
			}
			sums = append(sums, entry.Sum)
		}
		if !strange && h.Sum != SumOf(sums) {
			found = append(found, violation("a page of history says something else than the log", h))
		}
	}
	return found
}
