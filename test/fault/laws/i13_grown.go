package laws

// grown: I13.
func grown(e *Evidence) (found []Violation) {
	last := map[string]Record{}
	for _, r := range e.of(Marker) {
		key := r.Room + " " + r.User
		if before := last[key]; r.Seq < before.Seq {
			found = append(found, violation("a read marker went back", before, r))
		}
		last[key] = r
	}
	for _, r := range e.of(Mark) {
		if r.Outcome == OK && e.Markers[r.Room+" "+r.User] < r.Seq {
			found = append(found, violation("an acknowledged read marker is lost", r))
		}
	}
	want := map[string]Entry{}
	for _, entry := range e.Reads {
		if key := entry.Scope + " " + entry.Actor; !entry.Bad && want[key].Upto <= entry.Upto {
			want[key] = entry
		}
	}
	for _, key := range sorted(want) {
		if e.Markers[key] != want[key].Upto {
			found = append(found, violation("a stored marker is not the greatest of the log").with(want[key]))
		}
	}
	return found
}
