package laws

import (
	"fmt"

	"github.com/natter-chat/natter/events"
)

// buried: I14.
func buried(e *Evidence) (found []Violation) {
	rows, dead := map[uint64]bool{}, map[uint64]DeadLetter{}
	for _, r := range e.Rows {
		rows[r.Seq] = true
	}
	for _, d := range e.Dead {
		if d.Stream == events.Chat && d.Consumer == "persister-chat" {
			dead[d.Seq] = d
		}
	}
	for _, entry := range e.Chat {
		_, gone := dead[entry.Seq]
		switch {
		case entry.Gone: // or stored as deleted
		case gone && rows[entry.Seq]:
			found = append(found, violation("an entry is stored and buried").with(entry))
		case !gone && !rows[entry.Seq]:
			found = append(found, violation("an entry is neither stored nor buried").with(entry))
		}
	}
	for _, d := range Unexplained(e) {
		found = append(found, violation(fmt.Sprintf("%s buried %d of %s for no cause: %s", d.Consumer, d.Seq, d.Stream, d.Reason)).with(e.entry(d)))
	}
	return found
}

// Unexplained returns the dead letters of entries that the campaign did not
// corrupt: it corrupts CHAT only. An attempt to corrupt whose outcome is unknown
// explains an entry that is no event.
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
		if d.Stream != events.Chat || !corrupt[d.Seq] && !(entry.Bad && maybe[entry.Scope]) {
			letters = append(letters, d)
		}
	}
	return letters
}

// entry returns what was buried, as far as it is known.
func (e *Evidence) entry(d DeadLetter) Entry {
	entries := map[events.Stream][]Entry{events.Chat: e.Chat, events.Reads: e.Reads, events.Notify: e.Notify}[d.Stream]
	if found, there := bySeq(entries)[d.Seq]; there {
		return found
	}
	return Entry{Seq: d.Seq, Scope: string(d.Stream)}
}
