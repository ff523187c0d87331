package laws

// once: I2.
func once(e *Evidence) (found []Violation) {
	ids, keys := map[string]Entry{}, map[string]Entry{}
	for _, entry := range e.Chat {
		if entry.Bad {
			continue
		}
		if other, twice := ids[entry.ID]; twice {
			found = append(found, violation("an event is in the log twice").with(other, entry))
		}
		ids[entry.ID] = entry
		if entry.Key == "" {
			continue
		}
		key := entry.Actor + " " + entry.Scope + " " + entry.Key
		if other, twice := keys[key]; twice && other.ID != entry.ID {
			found = append(found, violation("one key is two messages").with(other, entry))
		}
		keys[key] = entry
	}
	rows := map[string]Row{}
	for _, r := range e.Rows {
		if other, twice := rows[r.ID]; twice {
			found = append(found, violation("an event has two rows").with(Entry{Seq: other.Seq, Scope: r.Scope, ID: r.ID}, Entry{Seq: r.Seq, Scope: r.Scope, ID: r.ID}))
		}
		rows[r.ID] = r
	}
	return append(append(found, oneAnswer(e)...), oneDelivery(e)...)
}

// oneAnswer: every retry of a key gets the same message and sequence.
func oneAnswer(e *Evidence) (found []Violation) {
	answers := map[string]Record{}
	for _, p := range e.of(Post) {
		if p.Outcome != OK {
			continue
		}
		key := p.User + " " + p.Room + " " + p.Key
		first, repeated := answers[key]
		if repeated && (first.Message != p.Message || first.Seq != p.Seq) {
			found = append(found, violation("one key got two answers", first, p))
		}
		if !repeated {
			answers[key] = p
		}
	}
	return found
}

func oneDelivery(e *Evidence) (found []Violation) {
	for _, records := range e.views() {
		seen := map[string]Record{}
		for _, r := range records {
			if r.Op != See {
				continue
			}
			if first, twice := seen[r.Message]; twice {
				found = append(found, violation("an event was delivered twice", first, r))
			}
			seen[r.Message] = r
		}
	}
	return found
}
