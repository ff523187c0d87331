package laws

import (
	"fmt"

	"github.com/natter-chat/natter/events"
)

// version is one text that a message was given, by the log's order.
type version struct {
	seq  uint64
	text string
}

// amended: what an edit, a reaction or a deletion was acknowledged to do is what
// everybody is shown from then on, and what the tables say.
func amended(e *Evidence) []Violation {
	log := bySeq(e.Chat)
	versions, deleted := map[uint64][]version{}, map[uint64]Entry{}
	for _, entry := range e.Chat {
		switch entry.Type {
		case events.MessagePosted:
			versions[entry.Seq] = []version{{entry.Seq, entry.Text}}
		case events.MessageEdited:
			versions[entry.Of] = append(versions[entry.Of], version{entry.Seq, entry.Text})
		case events.MessageDeleted:
			deleted[entry.Of] = entry
		}
	}
	found := append(logged(e, log), reacted(e, deleted)...)
	found = append(found, fresh(e, versions)...)
	changed := map[string]bool{} // rooms
	for _, r := range e.of(Edit) {
		changed[r.Room] = true
	}
	for _, p := range e.of(Post) {
		if p.Outcome != OK || !changed[p.Room] {
			continue
		}
		for where, shown := range e.Shown {
			text, there := shown[p.Seq]
			list := versions[p.Seq]
			_, gone := deleted[p.Seq]
			switch {
			case !there:
				found = append(found, violation(where+" lack a message", p))
			case gone && text != "":
				found = append(found, violation(where+" show a message that is deleted", p).with(deleted[p.Seq]))
			case !gone && (len(list) == 0 || text != list[len(list)-1].text):
				found = append(found, violation(fmt.Sprintf("%s show %q of a message, which is not its newest version", where, text), p))
			}
		}
	}
	return found
}

// logged: what was acknowledged stands in the log at its sequence, and is what was
// asked for; what nobody asked for does not.
func logged(e *Evidence, log map[uint64]Entry) (found []Violation) {
	tried := map[string]bool{}
	for _, r := range e.of(Edit, Delete, React) {
		tried[fmt.Sprint(r.Op, r.User, r.Room, r.Target, r.Text)] = true
		entry, there := log[r.Seq]
		switch {
		case r.Outcome != OK || r.Message == "": // it was so already
		case !there || entry.ID != r.Message || entry.Scope != r.Room:
			found = append(found, violation("an acknowledged change is not in the log at its sequence", r))
		case !entry.Gone && (entry.Of != r.Target || r.Op == Edit && entry.Text != r.Text):
			found = append(found, violation("the log has another change than was acknowledged", r).with(entry))
		}
	}
	ops := map[events.Type]Op{events.MessageEdited: Edit, events.MessageDeleted: Delete, events.MessageReacted: React}
	for _, entry := range e.Chat {
		if op, amends := ops[entry.Type]; amends && !tried[fmt.Sprint(op, entry.Actor, entry.Scope, entry.Of, entry.Text)] {
			found = append(found, violation("nobody asked for a change that is in the log").with(entry))
		}
	}
	return found
}

// fresh: who reads a message is shown no version older than one that was
// acknowledged before, and nothing of it once its deletion was.
func fresh(e *Evidence, versions map[uint64][]version) (found []Violation) {
	changes := map[uint64][]Record{}
	for _, r := range e.of(Edit, Delete) {
		changes[r.Target] = append(changes[r.Target], r)
	}
	for _, s := range e.of(Show) {
		if s.Outcome != OK {
			continue
		}
		at := map[string]uint64{}
		for _, v := range versions[s.Target] {
			at[v.text] = v.seq
		}
		asked := false
		for _, c := range changes[s.Target] {
			before := c.Outcome == OK && c.End < s.Start
			switch asked = asked || c.Op == Delete && c.Start < s.End; {
			case !before || s.Text == "":
			case c.Op == Delete:
				found = append(found, violation("somebody was shown what was deleted before", c, s))
			case at[s.Text] > 0 && at[s.Text] < c.Seq:
				found = append(found, violation("somebody was shown an older version than was acknowledged", c, s))
			}
		}
		if s.Text == "" && !asked {
			found = append(found, violation("a message was shown as deleted, which nobody had asked for", s))
		}
	}
	return found
}

// reacted: of each person's reactions the last that was acknowledged is stored,
// unless it is not known what came of one after it.
func reacted(e *Evidence, deleted map[uint64]Entry) (found []Violation) {
	last := map[string]Record{}
	for _, r := range e.of(React) {
		if r.Outcome != Fail {
			last[fmt.Sprintf("%d %s %s", r.Target, r.User, r.Key)] = r
		}
	}
	for _, key := range sorted(last) {
		r := last[key]
		if _, gone := deleted[r.Target]; r.Outcome == OK && e.Reactions[key] != (r.Note == "on" && !gone) {
			found = append(found, violation(fmt.Sprintf("a reaction is stored: %v, which is not what was acknowledged", e.Reactions[key]), r))
		}
	}
	return found
}
