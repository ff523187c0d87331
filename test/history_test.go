package test

import (
	"fmt"
	"testing"
)

func TestHistoryIsCompleteWhileNothingIsStored(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice").On(w.Edges[0]), w.Person("bob").On(w.Edges[1])
	room := alice.Creates("tea")
	bob.Joins(room)
	var want []string
	say := func(n int) {
		for range n {
			text := fmt.Sprintf("message %d", len(want))
			[]*Person{alice, bob}[len(want)%2].Posts(room, text)
			want = append(want, text)
			page, err := bob.History(bob.ctx(), room, "", "", 3)
			bob.must("read the newest page", err)
			if got := texts(page.Items); got[len(got)-1] != text {
				t.Fatalf("right after the ack, the history ends with %q, not %q", got, text)
			}
		}
	}
	say(20)
	audit(t, w.Cluster)
	w.Persisters[0].Kill()
	say(180)

	for _, p := range []*Person{alice, bob} {
		if got := p.Reads(room); !equal(got, want) {
			t.Errorf("%s reads: %s", p.Name, firstDifference(got, want))
		}
		if got := p.readsForward(room, 37); !equal(got, want) {
			t.Errorf("%s reads forwards: %s", p.Name, firstDifference(got, want))
		}
	}
	whole(t, w.Cluster)
	audit(t, w.Cluster)
	if got := bob.Reads(room); !equal(got, want) {
		t.Errorf("when all is stored, bob reads: %s", firstDifference(got, want))
	}
}

func TestPostingAndLiveGoOnWithoutPostgreSQL(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice").On(w.Edges[0]), w.Person("bob").On(w.Edges[1])
	room := alice.Creates("tea")
	bob.Joins(room)
	alice.Follows(room)
	bob.Follows(room)
	w.Postgres.Kill()
	alice.Posts(room, "is anybody storing this?")
	bob.Sees(room, "is anybody storing this?")
	last := bob.Posts(room, "the log is")
	alice.Sees(room, "the log is")
	whole(t, w.Cluster)
	audit(t, w.Cluster).Has(t, last.Message, last.Seq)
	if ends := append(alice.Live().Ends(), bob.Live().Ends()...); len(ends) > 0 {
		t.Errorf("sockets ended: %+v", ends)
	}
}

// readsForward pages from the room's beginning by "after".
func (p *Person) readsForward(room string, limit int) []string {
	p.t.Helper()
	after := p.Beginning(room)
	var all []string
	for after != "" {
		page, err := p.History(p.ctx(), room, "", after, limit)
		p.must("read the history after "+after, err)
		all = append(all, texts(page.Items)...)
		after = page.Newer
	}
	return all
}
