package laws

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Violation is one promise that was broken.
type Violation struct {
	Law   string   `json:"law"` // I1 to I15, or one of the names in Checkers
	What  string   `json:"what"`
	Shows []Record `json:"shows,omitempty"` // the shortest history that shows it
	Log   []string `json:"log,omitempty"`   // entries that show it
}

func (v Violation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", v.Law, v.What)
	for _, r := range v.Shows {
		fmt.Fprintf(&b, "\n    %s", r)
	}
	for _, line := range v.Log {
		fmt.Fprintf(&b, "\n    log %s", line)
	}
	return b.String()
}

func (r Record) String() string {
	s := fmt.Sprintf("%.3f–%.3f s %s %s %s", float64(r.Start)/1e6, float64(r.End)/1e6, r.Client, r.Op, r.Outcome)
	for _, part := range []struct{ name, value string }{{"code", r.Code}, {"edge", r.Edge}, {"room", r.Room}, {"conn", r.Conn},
		{"session", r.Session}, {"key", r.Key}, {"message", r.Message}, {"text", r.Text}, {"note", r.Note}} {
		if part.value != "" {
			s += " " + part.name + "=" + part.value
		}
	}
	if r.Seq > 0 || r.Prev > 0 {
		s += fmt.Sprintf(" seq=%d prev=%d", r.Seq, r.Prev)
	}
	if r.Target > 0 {
		s += fmt.Sprintf(" target=%d", r.Target)
	}
	if r.Try > 0 {
		s += fmt.Sprintf(" try=%d", r.Try)
	}
	return s
}

// Checker looks for violations of one law.
type Checker struct {
	Law   string
	What  string // the promise, in a sentence
	Check func(*Evidence) []Violation
}

// Checkers are all of them.
var Checkers = []Checker{
	{"I1", "what was acknowledged is in the log and the tables, and every follower saw it", kept},
	{"I2", "one sender, room and key are one entry, one row, one delivery, one answer", once},
	{"I3", "all that is in the log, stored or delivered was attempted", attempted},
	{"I4", "the same order in the log, the tables and at every client", ordered},
	{"I5", "what a client sees of a room is contiguous, or a reset that has a cause stands before the hole", contiguous},
	{"I6", "one connection's writes stand in its order, and what was acknowledged can be read, and nothing else", readable},
	{"I7", "one notification for each recipient, event and kind, and it reaches the stream", told},
	{"I8", "the tables are a fold of the log: rebuilt, they are the same", folded},
	{"I9", "after a logout the session's requests and deliveries end within the bound", revoked},
	{"I10", "nothing that happens while somebody is away reaches them", away},
	{"I11", "members are whom the log says, the count agrees, and no room has more than it has places", counted},
	{"I12", "an old refresh token is refused, and ends its family", redeemed},
	{"I13", "read markers only grow, and none that was acknowledged is lost", grown},
	{"I14", "every entry has its row or its dead letter, and each dead letter a cause", buried},
	{"I15", "processes come back to what they held before the storm", Rested},
	{"amended", "what an edit, a reaction or a deletion was acknowledged to do is what everybody is shown from then on", amended},
	{"forgotten", "no version of a message that was deleted is in any table or stream", forgotten},
	{"presence", "nobody is seen longer than 10 s after their last socket has ended, and all who are connected are seen by all", present},
	{"zombie", "offsets and cursors only grow: who was overtaken changes nothing", fenced},
}

// Check applies all checkers.
func Check(e *Evidence) []Violation {
	var all []Violation
	for _, c := range Checkers {
		for _, v := range c.Check(e) {
			v.Law = c.Law
			all = append(all, v)
		}
	}
	return all
}

func violation(what string, shows ...Record) Violation { return Violation{What: what, Shows: shows} }

func (v Violation) with(entries ...Entry) Violation {
	for _, e := range entries {
		v.Log = append(v.Log, e.String())
	}
	return v
}

// of returns the records of one kind, as they stand.
func (e *Evidence) of(ops ...Op) []Record {
	var some []Record
	for _, r := range e.History {
		if slices.Contains(ops, r.Op) {
			some = append(some, r)
		}
	}
	return some
}

// view is what one client saw of one room, in its order: Follow, See, Reset.
type view struct{ client, room string }

func (e *Evidence) views() map[view][]Record {
	views := map[view][]Record{}
	for _, r := range e.of(Follow, See, Reset) {
		v := view{r.Client, r.Room}
		views[v] = append(views[v], r)
	}
	return views
}

// sorted returns a map's keys in order, so that two looks at the same evidence
// say the same.
func sorted[K cmp.Ordered, V any](m map[K]V) []K {
	var keys []K
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
