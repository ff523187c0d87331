package laws

import (
	"slices"

	"github.com/natter-chat/natter/events"
)

// ordered: I4. A sequence means the same event to everybody, and nobody sees
// a greater one before a smaller one. Who comes back may be shown a message as an
// edit made it meanwhile.
func ordered(e *Evidence) (found []Violation) {
	log, versions := bySeq(e.Chat), map[uint64][]string{}
	for _, entry := range e.Chat {
		if entry.Type == events.MessageEdited {
			versions[entry.Of] = append(versions[entry.Of], entry.Text)
		}
	}
	for _, records := range e.views() {
		var last Record
		for _, r := range records {
			if r.Op != See {
				continue
			}
			if r.Seq <= last.Seq {
				found = append(found, violation("events arrived in another order than the log's", last, r))
			}
			last = r
			entry, there := log[r.Seq]
			switch {
			case !there:
			case entry.ID != r.Message || entry.Scope != r.Room:
				found = append(found, violation("a client saw another event at this sequence than the log has", r).with(entry))
			case entry.Sum != r.Sum && !entry.Gone && !slices.Contains(versions[r.Seq], r.Text):
				found = append(found, violation("a client was shown other words than the log has", r).with(entry))
			}
		}
	}
	for _, r := range e.Rows {
		if entry, there := log[r.Seq]; there && (entry.ID != r.ID || entry.Scope != r.Scope) {
			found = append(found, violation("the tables have another event at this sequence than the log").with(entry, Entry{Seq: r.Seq, Scope: r.Scope, ID: r.ID}))
		}
	}
	for _, h := range e.of(History) {
		for i := 1; i < len(h.Seqs); i++ {
			if h.Seqs[i] <= h.Seqs[i-1] {
				found = append(found, violation("a page of history is not ascending", h))
			}
		}
	}
	return found
}
