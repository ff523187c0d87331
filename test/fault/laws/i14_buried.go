package laws

import "fmt"

// buried: I14.
func buried(e *Evidence) (found []Violation) {
	rows, dead := map[uint64]bool{}, map[uint64]DeadLetter{}
	for _, r := range e.Rows {
		rows[r.Seq] = true
	}
	log := bySeq(e.Chat)
	for _, d := range e.Dead {
		if d.Consumer == "persister-chat" {
			dead[d.Seq] = d
		}
	}
	for _, entry := range e.Chat {
		_, gone := dead[entry.Seq]
		switch {
		case gone && rows[entry.Seq]:
			found = append(found, violation("an entry is stored and buried").with(entry))
		case !gone && !rows[entry.Seq]:
			found = append(found, violation("an entry is neither stored nor buried").with(entry))
		}
	}
	for _, d := range Unexplained(e) {
		found = append(found, violation(fmt.Sprintf("%s buried %d for no cause: %s", d.Consumer, d.Seq, d.Reason)).with(log[d.Seq]))
	}
	return found
}

// Unexplained returns the dead letters of entries that the campaign did not
// corrupt. An attempt to corrupt whose outcome is unknown explains an entry
// that is no event.
func Unexplained(e *Evidence) (letters []DeadLetter) {
	corrupt, maybe := map[uint64]bool{}, map[string]bool{}
	for _, r := range e.of(Corrupt) {
		corrupt[r.Seq] = r.Seq > 0
		if r.Outcome == Info {
			maybe[r.Room] = true
		}
	}
	log := bySeq(e.Chat)
	for _, d := range e.Dead {
		entry := log[d.Seq]
		if !corrupt[d.Seq] && !(entry.Bad && maybe[entry.Scope]) {
			letters = append(letters, d)
		}
	}
	return letters
}
