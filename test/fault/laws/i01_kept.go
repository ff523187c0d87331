package laws

// kept: I1. What lies before the position of a reset is the follower's to read in
// history; what was deleted need not be seen by who was not connected. What somebody may miss who left the room is I5's and I10's affair.
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
	for v, records := range e.views() {
		if records[0].Op != Follow || !records[0].Whole {
			continue // who leaves early, or cannot come back at once, need not see the end
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
			if p.Seq > from && !seen[p.Seq] && !log[p.Seq].Gone {
				found = append(found, violation("an acknowledged post never reached "+v.client, p, records[0], records[len(records)-1]))
			}
		}
	}
	return found
}
