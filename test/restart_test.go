package test

import (
	"slices"
	"strings"
	"testing"
)

func TestServersThatAreKilledUnderLoadLoseNothingThatWasAcknowledged(t *testing.T) {
	w := town(t)
	people := w.People("ann", "ben", "cid")
	rooms := []string{people[0].Creates("tea"), people[0].Creates("milk")}
	var readers []*Person
	for i, name := range []string{"dot", "eve"} {
		readers = append(readers, w.Person(name).On(w.Edges[i]))
	}
	for _, room := range rooms {
		for _, p := range slices.Concat(people[1:], readers) {
			p.Joins(room)
		}
		for _, p := range readers {
			p.Follows(room)
		}
	}
	load := w.Posting(rooms, people...)
	load.Reaches(100)
	for _, outage := range []func(){
		func() { w.NATS.Kill(); load.Notices() },
		func() { w.Postgres.Kill(); load.Notices() },
		func() { w.NATS.Kill(); w.Postgres.Kill() },
	} {
		outage()
		whole(t, w.Cluster)
		load.Reaches(100)
	}
	acked := load.Stop()

	audit(t, w.Cluster).HasAll(t, acked)
	load.WasRefusedOnlyWith("503 ")
	for _, room := range rooms {
		want := people[0].Reads(room)
		for _, p := range readers {
			p.SeesExactly(room, want)
			p.SawNoReset(room)
		}
	}
	for _, p := range readers {
		p.NeverHadToReload()
	}
}

// Notices lets the load run into an outage: until a post failed, or so many
// succeeded that the outage plainly does not touch posting.
func (l *Load) Notices() {
	l.t.Helper()
	failed, acked := len(l.Refused()), l.Acked()
	total := func() (n int) {
		for _, count := range l.Refused() {
			n += count
		}
		return n
	}
	before := total()
	eventually(l.t, deadline, func() error {
		if total() > before || len(l.Refused()) > failed || l.Acked() > acked+50 {
			return nil
		}
		return errNothingYet
	})
}

// WasRefusedOnlyWith fails if a post was answered otherwise.
func (l *Load) WasRefusedOnlyWith(prefix string) {
	l.t.Helper()
	l.t.Logf("refused: %v", l.Refused())
	for what, n := range l.Refused() {
		if !strings.HasPrefix(what, prefix) {
			l.t.Errorf("%d posts were answered %q, want only %q", n, what, prefix)
		}
	}
}

// NeverHadToReload fails if a socket ended otherwise than in a way after which
// the protocol has clients reconnect.
func (p *Person) NeverHadToReload() {
	p.t.Helper()
	for _, end := range p.Live().Ends() {
		if !slices.Contains([]int{1012, 1013, 4503}, end.Code) {
			p.t.Errorf("the socket of %s ended with %d %q: %v", p.Name, end.Code, end.Reason, end.Err)
		}
	}
}
