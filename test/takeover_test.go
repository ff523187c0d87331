package test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/natter-chat/natter/test/cluster"
)

func TestAZombiePersisterThatWakesUpDoublesNothing(t *testing.T) {
	w := town(t)
	w.Has(3, &w.Persisters, w.AddPersister)
	people := w.People("ann", "ben", "cid")
	room := people[0].Creates("tea")
	people[1].Joins(room)
	people[2].Joins(room)
	load := w.Posting([]string{room}, people...)

	for range 2 {
		zombie := w.active(w.Persisters, "persister-chat", load)
		zombie.Stop()
		next := w.active(without(w.Persisters, zombie), "persister-chat", load)
		load.Reaches(50)
		zombie.Continue()
		t.Logf("%s took over from %s, which woke up", next.Name, zombie.Name)
		load.Reaches(50)
	}
	acked := load.Stop()
	audit(t, w.Cluster).HasAll(t, acked)
}

func TestAZombieNotifierThatWakesUpTellsNobodyTwice(t *testing.T) {
	w := town(t)
	w.Has(3, &w.Notifiers, w.AddNotifier)
	ann, ben := w.Person("ann"), w.Person("ben")
	room := ann.Opens(ben)
	load := w.Posting([]string{room}, ann, ben)

	zombie := w.active(w.Notifiers, "notifier-chat", load)
	zombie.Stop()
	w.active(without(w.Notifiers, zombie), "notifier-chat", load)
	load.Reaches(50)
	zombie.Continue()
	load.Reaches(50)
	acked := load.Stop()
	audit(t, w.Cluster).HasAll(t, acked)
}

func TestAZombiePersisterWithABatchInHandIsFenced(t *testing.T) {
	w := town(t)
	ann := w.Person("ann")
	room := ann.Creates("tea")
	w.Away(t, w.Persisters)
	zombie := w.Faulty("persister", frozenCommit, "held")
	ann.Posts(room, "first")
	w.Logs(zombie, "applied")
	whole(t, w.Cluster)
	ann.Posts(room, "held")
	w.Logs(zombie, "freezes")

	ann.Posts(room, "after")
	audit(t, w.Cluster) // the next one has taken over and done all
	zombie.Continue()
	w.Dies(zombie)
	audit(t, w.Cluster)
	w.Logs(zombie, "thawed=true fenced=true")
}

func TestAZombieNotifierWithABatchInHandIsFenced(t *testing.T) {
	w := town(t)
	const window = 4 * time.Second
	w.Forgets(window)
	ann, ben := w.Person("ann"), w.Person("ben")
	room := ann.Opens(ben)
	w.Away(t, w.Notifiers)
	zombie := w.Faulty("notifier", frozenCommit, "held")
	ann.Posts(room, "first")
	w.Logs(zombie, "applied")
	whole(t, w.Cluster)
	ann.Posts(room, "held")
	w.Logs(zombie, "freezes")

	ann.Posts(room, "after")
	audit(t, w.Cluster)
	pass(t, window+time.Second, "the broker forgets which notifications it has")
	zombie.Continue()
	w.Dies(zombie)
	audit(t, w.Cluster)
	w.Logs(zombie, "thawed=true fenced=true")
}

// Has brings a role to n instances, until the test's end.
func (w *Town) Has(n int, roles *[]*cluster.Role, add func() (*cluster.Role, error)) {
	w.t.Helper()
	before := *roles
	for len(*roles) < n {
		if _, err := add(); err != nil {
			w.t.Fatal(err)
		}
	}
	more := (*roles)[len(before):]
	w.t.Cleanup(func() {
		if w.t.Failed() {
			dump(w.t, w.Cluster)
		}
		*roles = before
		for _, r := range more {
			r.Continue()
			if code, err := r.Terminate(deadline); err != nil || code != 0 {
				w.t.Errorf("%s ended with code %d: %v", r.Name, code, err)
			}
		}
	})
}

// active waits until one of the instances works, and returns it: its count of
// applied entries grows while there is load.
func (w *Town) active(roles []*cluster.Role, consumer string, load *Load) *cluster.Role {
	w.t.Helper()
	label := fmt.Sprintf("consumer=%q", consumer)
	before := map[*cluster.Role]float64{}
	for _, r := range roles {
		n, err := r.Metric("natter_work_applied_total", label)
		if err != nil {
			w.t.Fatal(err)
		}
		before[r] = n
	}
	load.Reaches(5)
	var found *cluster.Role
	eventually(w.t, deadline, func() error {
		for _, r := range roles {
			if n, err := r.Metric("natter_work_applied_total", label); err == nil && n > before[r] {
				found = r
				return nil
			}
		}
		return errors.New("no instance applies anything")
	})
	return found
}

func without(roles []*cluster.Role, one *cluster.Role) []*cluster.Role {
	var others []*cluster.Role
	for _, r := range roles {
		if r != one {
			others = append(others, r)
		}
	}
	return others
}
