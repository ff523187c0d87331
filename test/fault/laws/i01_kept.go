package laws

// kept: I1. Followers count as long as nobody under their name left the room;
// what lies before the position of a reset is theirs to read in history.
func kept(e *Evidence) (found []Violation) {
	log, rows := bySeq(e.Chat), map[uint64]Row{}
	for _, r := range e.Rows {
		rows[r.Seq] = r
	}
	acked := map[string][]Record{} // by room, each message once
	first := map[string]bool{}
	for _, p := range e.of(Post) {
		if p.Outcome != OK {
			continue
		}
		entry, there := log[p.Seq]
		switch {
		case !there || entry.ID != p.Message || entry.Scope != p.Room:
			found = append(found, violation("an acknowledged post is not in the log at its sequence", p))
		case rows[p.Seq].ID != p.Message:
			found = append(found, violation("an acknowledged post has no row", p))
		}
		if !first[p.Message] {
			first[p.Message] = true
			acked[p.Room] = append(acked[p.Room], p)
		}
	}
	left := e.wanderers()
	for v, records := range e.views() {
		if left[v.room+" "+records[0].User] {
			continue
		}
		from, seen := uint64(0), map[uint64]bool{}
		for _, r := range records {
			switch r.Op {
			case See:
				seen[r.Seq] = true
			case Follow, Reset:
				from = max(from, r.Seq)
			}
		}
		for _, p := range acked[v.room] {
			if p.Seq > from && !seen[p.Seq] {
				found = append(found, violation("an acknowledged post never reached "+v.client, p, records[0], records[len(records)-1]))
			}
		}
	}
	return found
}

// wanderers are those who ever left a room, as room and user.
func (e *Evidence) wanderers() map[string]bool {
	left := map[string]bool{}
	for key, absences := range e.absences() {
		left[key] = len(absences) > 0
	}
	return left
}
