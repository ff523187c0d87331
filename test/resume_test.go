package test

import (
	"fmt"
	"testing"

	"github.com/natter-chat/natter/test/client"
)

func TestACutSocketAndACutBellResumeAtTheOtherEdgeWithoutLoss(t *testing.T) {
	w := town(t)
	people := w.People("ann", "ben", "cid", "dot")
	bob := w.Person("bob").On(w.Edges[0])
	room := people[0].Creates("tea")
	for _, p := range append(people[1:], bob) {
		p.Joins(room)
	}
	bob.Follows(room)
	stream := bob.Listens()
	chatter := w.mentioning(bob, room, 250, people...)

	for i, stop := range []int{150, 350, 550, 800} {
		chatter.Reaches(stop)
		bob.Live().Cut()
		stream.Cut()
		stream = bob.MovedTo(w.Edges[(i+1)%2]).Listens()
	}
	want := chatter.Wait(room)

	if len(want) != 1000 {
		t.Fatalf("%d messages are in the room, want 1000", len(want))
	}
	bob.SeesExactly(room, want)
	bob.SawNoReset(room)
	if got := len(bob.Live().Ends()); got != 4 {
		t.Errorf("the socket ended %d times, want the 4 cuts", got)
	}
	bob.IsTold("mention", 1000)
	if bob.bell.Resets() > 0 {
		t.Errorf("the bell was reset %d times", bob.bell.Resets())
	}
	audit(t, w.Cluster)
}

func TestAKilledEdgeLosesNothingForItsSockets(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice").On(w.Edges[0]), w.Person("bob").On(w.Edges[1])
	room := alice.Creates("tea")
	bob.Joins(room)
	bob.Follows(room)
	alice.Follows(room)
	for round := range 3 {
		before := fmt.Sprintf("before the kill %d", round)
		alice.Posts(room, before)
		bob.Sees(room, before)
		w.Edges[1].Kill()
		alice.Posts(room, fmt.Sprintf("during the outage %d", round))
		bob.Posts(room, fmt.Sprintf("from wherever bob is %d", round))
		alice.Sees(room, fmt.Sprintf("from wherever bob is %d", round))
		whole(t, w.Cluster)
	}
	want := alice.Reads(room)
	alice.SeesExactly(room, want)
	bob.SeesExactly(room, want)
	bob.SawNoReset(room)
}

func TestAnEdgeThatIsAskedToEndSaysSoAndItsClientsMove(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice").On(w.Edges[0]), w.Person("bob").On(w.Edges[1])
	room := alice.Creates("tea")
	bob.Joins(room)
	bob.Follows(room)
	code, err := w.Edges[1].Terminate(deadline)
	if err != nil || code != 0 {
		t.Fatalf("the edge ended with code %d: %v", code, err)
	}
	alice.Posts(room, "are you there?")
	bob.Sees(room, "are you there?")
	bob.SawNoReset(room)
	if ends := bob.Live().Ends(); len(ends) != 1 || ends[0].Code != 1012 || ends[0].ReconnectAfter <= 0 {
		t.Errorf("bob's socket ended %+v, want once with 1012 and a time to wait", ends)
	}
}

func TestAPositionThatCannotBeHonouredIsAResetAndNeverAGap(t *testing.T) {
	w := town(t)
	alice := w.Person("alice")
	room := alice.Creates("tea")
	said := alice.Posts(room, "hi")
	for position, reason := range map[string]string{
		"00000000-1":                   "incarnation",
		said.Position[:9] + "99999999": "future",
	} {
		s, err := client.Dial(alice.ctx(), w.Edges[1].URL, client.DialOptions{})
		alice.must("dial", err)
		defer s.Cut()
		_, err = s.Auth(alice.ctx(), alice.Token())
		alice.must("authenticate", err)
		f, err := s.Subscribe(alice.ctx(), room, position)
		if err != nil || f.Op != "reset" || f.Reason != reason {
			t.Errorf("after %s: %s %q, %v, want a reset for %s", position, f.Op, f.Reason, err, reason)
		}
		text := "after the reset for " + reason
		alice.Posts(room, text)
		err = s.Journal.Wait(alice.ctx(), room, func(r client.Room) bool { return contains(r.Texts, []string{text}) })
		alice.must("see what follows the reset", err)
		if got := s.Journal.Violations(); len(got) > 0 {
			t.Error(got)
		}
		if _, err := alice.Poll(alice.ctx(), room, position, 0); statusOf(err) != 410 {
			t.Errorf("polling after %s: %v, want 410", position, err)
		}
	}
}
