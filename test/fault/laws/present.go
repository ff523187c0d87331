package laws

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// GhostWithin is how long somebody whose last socket has ended may be seen, be it
// that their edge was killed.
const GhostWithin = 10 * time.Second

// What a watcher's record says besides here, away and offline.
const (
	Blind = "blind" // it knows nothing from now on
	Sees  = "sees"  // it begins to watch; who is there follows
)

// deafening are the faults under which an edge may hear nothing of the others, or
// of its own sockets, with how long after the healing that may last: TCP waits
// before it sends again, and a socket whose network vanished is found dead within
// a minute.
var deafening = map[string]time.Duration{
	"kill-nats": 0, "kill-nats-leader": 0, "stop-nats": 0, "restart-nats": 0, "partition-nats": 0, "stop-edge": 0, "drop-pushes": 0,
	"partition-edge": time.Minute,
}

// absent is the stretch during which somebody had no socket.
type absent struct {
	left, back Record
	until      int64 // they may be seen before
	calm       int64 // no fault could prolong that before
}

func (e *Evidence) absents() (all []absent) {
	last := map[string]int{} // user → their absence that has not ended
	for _, r := range e.of(Come, Go) {
		if i, out := last[r.User]; out && r.Op == Come {
			all[i].back = r
			delete(last, r.User)
		} else if r.Op == Go {
			last[r.User] = len(all)
			all = append(all, absent{left: r})
		}
	}
	struck := e.of(Fault, Heal)
	for i := range all {
		a := &all[i]
		a.until, a.calm = a.left.End+GhostWithin.Microseconds(), math.MaxInt64
		for j, f := range struck {
			more, deaf := deafening[nameOf(f)]
			if f.Op != Fault || !deaf || f.Start > a.until {
				continue
			}
			end := f.End
			if j+1 < len(struck) {
				end = struck[j+1].End
			}
			if end >= a.left.Start {
				a.until, a.calm = max(a.until, end+(more+GhostWithin).Microseconds()), min(a.calm, f.Start)
			}
		}
	}
	return all
}

// present: nobody is seen for long after their last socket has ended, and in the
// end everybody who is connected is seen by everybody.
func present(e *Evidence) (found []Violation) {
	looks := map[string][]Record{}
	for _, r := range e.of(Stand) {
		looks[r.Client] = append(looks[r.Client], r)
	}
	for _, a := range e.absents() {
		for _, watcher := range sorted(looks) {
			if ghost, seen := seenIn(looks[watcher], a.left.User, a.until, a.back); seen {
				found = append(found, violation("a ghost was seen by "+watcher, a.left, ghost))
			}
		}
	}
	for _, roll := range e.of(Roll) {
		for _, watcher := range sorted(looks) {
			there := standing(looks[watcher], roll.Start)
			for _, r := range e.connected(roll.Start) {
				if there[r.User].Code != "here" {
					found = append(found, violation(fmt.Sprintf("%s does not see somebody who is connected", watcher), r, there[r.User], roll))
				}
			}
		}
	}
	return found
}

// seenIn returns the record by which somebody was seen after one moment and before
// they came back.
func seenIn(looks []Record, user string, after int64, back Record) (Record, bool) {
	if r, seen := standing(looks, after)[user]; seen && (back.Op == "" || after < back.Start) {
		return r, true
	}
	i := slices.IndexFunc(looks, func(r Record) bool {
		return r.User == user && r.Code != "offline" && r.Start > after && (back.Op == "" || r.Start < back.Start)
	})
	if i < 0 {
		return Record{}, false
	}
	return looks[i], true
}

// standing is whom a watcher saw at a moment.
func standing(looks []Record, at int64) map[string]Record {
	there := map[string]Record{}
	for _, r := range looks {
		switch {
		case r.Start > at:
			return there
		case r.User == "":
			clear(there)
		case r.Code == "offline":
			delete(there, r.User)
		default:
			there[r.User] = r
		}
	}
	return there
}

func (e *Evidence) connected(at int64) (all []Record) {
	in := map[string]Record{}
	for _, r := range e.of(Come, Go) {
		if r.Start > at {
			break
		}
		if delete(in, r.User); r.Op == Come {
			in[r.User] = r
		}
	}
	for _, user := range sorted(in) {
		all = append(all, in[user])
	}
	return all
}

// Ghosts returns, for each who went while no fault kept the edges from hearing of
// it, how long they were still seen.
func Ghosts(e *Evidence) (took []time.Duration) {
	looks := map[string][]Record{}
	for _, r := range e.of(Stand) {
		looks[r.Client] = append(looks[r.Client], r)
	}
	for _, a := range e.absents() {
		last := int64(0)
		for _, watcher := range sorted(looks) {
			if _, seen := standing(looks[watcher], a.left.End)[a.left.User]; !seen {
				continue
			}
			for _, r := range looks[watcher] {
				if r.Start > a.left.End && (r.User == "" || r.User == a.left.User && r.Code == "offline") {
					last = max(last, r.Start-a.left.End)
					break
				}
			}
		}
		if last > 0 && a.left.End+last < a.calm {
			took = append(took, time.Duration(last)*time.Microsecond)
		}
	}
	return took
}
