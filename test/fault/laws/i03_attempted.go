package laws

import "github.com/natter-chat/natter/events"

// attempted: I3. Only people who posted in the campaign are judged: others may
// have posted before it.
func attempted(e *Evidence) (found []Violation) {
	tried, known := map[string]bool{}, map[string]bool{}
	for _, p := range e.of(Post) {
		tried[p.User+" "+p.Room+" "+p.Key+" "+p.Text] = true
		known[p.User] = true
	}
	for _, entry := range e.Chat {
		if entry.Type == events.MessagePosted && known[entry.Actor] && !tried[entry.Actor+" "+entry.Scope+" "+entry.Key+" "+entry.Text] {
			found = append(found, violation("nobody sent what is in the log").with(entry))
		}
	}
	log := bySeq(e.Chat)
	for _, r := range e.of(See) {
		if entry, there := log[r.Seq]; !there || entry.Bad {
			found = append(found, violation("what was delivered is no event of the log", r))
		}
	}
	for _, r := range e.Rows {
		if entry, there := log[r.Seq]; !there || entry.Bad {
			found = append(found, violation("what is stored is no event of the log").with(Entry{Seq: r.Seq, Scope: r.Scope, ID: r.ID}))
		}
	}
	return found
}
