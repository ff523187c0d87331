package laws

import (
	"fmt"
	"strings"
)

// interrupting are the faults after which an edge may have lost what it cannot
// read from the log again in time: those of the log's servers, of the way to
// them, and an edge that stood still.
var interrupting = []string{"kill-nats", "kill-nats-leader", "stop-nats", "restart-nats", "partition-nats", "partition-edge", "stepdown-leader", "stop-edge"}

// excused: a reset spares natter the events that it skips, so each has a cause,
// and no cause excuses two. Who comes back into a room starts over; a hole or
// too much to replay takes a fault; and that the log has another life or is
// behind the client is never true in a campaign.
func excused(e *Evidence) (found []Violation) {
	absences, faults := e.absences(), e.of(Fault)
	for v, records := range e.views() {
		used := map[string]int{}
		for _, r := range records {
			if r.Op != Reset {
				continue
			}
			causes := 0
			switch r.Code {
			case "membership":
				causes = len(absences[v.room+" "+r.User])
			case "hole", "too_old":
				for _, f := range faults {
					if f.Start <= r.Start && interrupts(f) {
						causes++
					}
				}
			}
			if used[r.Code]++; used[r.Code] > causes {
				found = append(found, violation(fmt.Sprintf("reset %d of %s for %q, for which there were %d causes", used[r.Code], v.client, r.Code, causes), r))
			}
		}
	}
	return found
}

func interrupts(f Record) bool {
	name := nameOf(f)
	for _, one := range interrupting {
		if one == name {
			return true
		}
	}
	return false
}

// nameOf returns which fault a record is about.
func nameOf(f Record) string {
	name, _, _ := strings.Cut(f.Note, ":")
	return name
}
