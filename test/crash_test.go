package test

import (
	"testing"
	"time"
)

func TestAPersisterThatDiesBetweenCommitAndAckTwiceLosesAndDoublesNothing(t *testing.T) {
	w := town(t)
	people := w.People("ann", "ben", "cid")
	room := people[0].Creates("tea")
	people[1].Joins(room)
	people[2].Joins(room)
	load := w.Posting([]string{room}, people...)
	load.Reaches(20)

	w.Away(t, w.Persisters)
	w.DiesAfterCommit("persister", 30)
	w.DiesAfterCommit("persister", 30)
	load.Reaches(50)
	whole(t, w.Cluster)
	load.Reaches(50)
	acked := load.Stop()
	audit(t, w.Cluster).HasAll(t, acked)
}

func TestABatchThatDiesWithItsPersisterIsAppliedByTheNextAlsoWhenNothingFollows(t *testing.T) {
	w := town(t)
	ann := w.Person("ann")
	room := ann.Creates("tea")
	w.Away(t, w.Persisters)
	active := w.Faulty("persister", beforeCommit, "last words")
	ann.Posts(room, "first words")
	w.Logs(active, "applied")
	whole(t, w.Cluster) // the next one stands by

	last := ann.Posts(room, "last words")
	w.Dies(active)
	audit(t, w.Cluster).Has(t, last.Message, last.Seq)
}

func TestPersistersThatAreKilledAnywhereLoseAndDoubleNothing(t *testing.T) {
	w := town(t)
	people := w.People("ann", "ben")
	room := people[0].Creates("tea")
	people[1].Joins(room)
	load := w.Posting([]string{room}, people...)
	for range 4 {
		load.Reaches(40)
		w.Away(t, w.Persisters)
		w.Away(t, w.Notifiers)
		whole(t, w.Cluster)
	}
	acked := load.Stop()
	audit(t, w.Cluster).HasAll(t, acked)
}

func TestANotifierThatDiesAndStaysAwayTellsEachOnce(t *testing.T) {
	w := town(t)
	const window = 4 * time.Second
	w.Forgets(window)
	ann, ben := w.Person("ann"), w.Person("ben").On(w.Edges[1])
	room := ann.Opens(ben)
	ben.Listens()
	load := w.Posting([]string{room}, ann)
	load.Reaches(20)

	w.Away(t, w.Notifiers)
	w.DiesAfterCommit("notifier", 20)
	w.DiesAfterCommit("notifier", 20)
	load.Reaches(20)
	pass(t, window+time.Second, "the broker forgets which notifications it has")
	whole(t, w.Cluster)
	load.Reaches(20)
	acked := load.Stop()

	audit(t, w.Cluster).HasAll(t, acked)
	ben.IsTold("direct", len(acked))
}
