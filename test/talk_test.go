package test

import (
	"slices"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/test/client"
)

func TestWhatIsSaidAtOneEdgeIsSeenAtTheOther(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice").On(w.Edges[0]), w.Person("bob").On(w.Edges[1])
	room := alice.Creates("tea")
	bob.Joins(room)
	bob.Follows(room)
	alice.Follows(room)

	first := alice.Posts(room, "hi")
	bob.Sees(room, "hi")
	bob.Posts(room, "hello back")
	alice.Sees(room, "hi", "hello back")

	audit(t, w.Cluster).Has(t, first.Message, first.Seq)
}

func TestJoinsLeavesAndReadMarkersAreSeenAtTheOtherEdge(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice").On(w.Edges[0]), w.Person("bob").On(w.Edges[1])
	room := alice.Creates("tea")
	alice.Follows(room)

	bob.Joins(room)
	alice.SeesThat(room, events.MemberJoined, bob)
	bob.Follows(room)
	said := alice.Posts(room, "hi")
	bob.Sees(room, "hi")

	bob.must("mark as read", bob.MarkRead(bob.ctx(), room, said.Seq))
	alice.SeesMarker(room, bob, said.Seq)
	bob.SeesMarker(room, bob, said.Seq)

	bob.Leaves(room)
	alice.SeesThat(room, events.MemberLeft, bob)
	alice.Posts(room, "has he gone?")
	alice.Sees(room, "has he gone?")
	bob.LostSightOf(room, "has he gone?")
	if _, err := bob.History(bob.ctx(), room, "", "", 10); statusOf(err) != 404 {
		t.Errorf("after leaving, the history answers %v, want not_found", err)
	}
	audit(t, w.Cluster)
}

func TestWhoComesBackSeesNothingOfTheTimeAway(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice").On(w.Edges[0]), w.Person("bob").On(w.Edges[1])
	room := alice.Creates("tea")
	bob.Joins(room)
	before := alice.Posts(room, "before")
	bob.Leaves(room)
	away := alice.Posts(room, "while he was away")
	bob.Joins(room)
	alice.Posts(room, "after")

	if got := bob.Reads(room); !equal(got, []string{"after"}) {
		t.Errorf("bob reads %q, want only what came after he was back", got)
	}
	bob.FollowsFrom(room, before.Position)
	seen := bob.Live().Journal.Room(room)
	of := func(e client.Event) bool { return e.Seq <= away.Seq }
	if len(seen.Resets) != 1 || seen.Resets[0].Reason != "membership" || slices.ContainsFunc(seen.Events, of) {
		t.Errorf("following from before the leave gave %+v, want a reset for membership", seen)
	}
	alice.Posts(room, "now")
	bob.Sees(room, "now")
	bob.NeverSaw(room, "while he was away")
}

func TestNotificationsAndUnreadCountsReachTheOtherEdge(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice").On(w.Edges[0]), w.Person("bob").On(w.Edges[1])
	bob.Listens()
	private := alice.CreatesPrivate("plans")
	alice.Invites(private, bob)
	bob.IsTold("invitation", 1)
	bob.Joins(private)

	alice.Posts(private, "look at this, @"+bob.Name)
	bob.IsTold("mention", 1)
	direct := alice.Opens(bob)
	if again := bob.Opens(alice); again != direct {
		t.Errorf("the direct room of the same two people is %s and %s", direct, again)
	}
	last := alice.Posts(direct, "just for you")
	bob.IsTold("direct", 1)

	eventually(t, deadline, func() error { return bob.unread(map[string]int{private: 1, direct: 1}) })
	bob.must("mark as read", bob.MarkRead(bob.ctx(), direct, last.Seq))
	eventually(t, deadline, func() error { return bob.unread(map[string]int{private: 1, direct: 0}) })

	list, err := bob.Notifications(bob.ctx(), "", 10)
	bob.must("list the notifications", err)
	if len(list.Items) != 3 || list.Unread != 2 { // he has read the direct room
		t.Fatalf("bob has %d notifications, %d unread, want 3 and 2", len(list.Items), list.Unread)
	}
	bob.must("mark them read", bob.ReadNotifications(bob.ctx(), list.Items[0].Seq, ""))
	eventually(t, deadline, func() error { return bob.hasUnreadNotifications(0) })
}

func TestOneRoomHasOneOrderForEverybody(t *testing.T) {
	w := town(t)
	people := w.People("ann", "ben", "cid", "dot")
	room := people[0].Creates("crowd")
	for i, p := range people {
		people[i] = p.On(w.Edges[i%2])
		people[i].Joins(room)
		people[i].Follows(room)
	}
	load := w.Posting([]string{room}, people...)
	load.Reaches(400)
	acked := load.Stop()

	want := people[0].Reads(room)
	if len(want) != len(acked) {
		t.Fatalf("the history holds %d messages, %d were acknowledged", len(want), len(acked))
	}
	for _, p := range people {
		p.SeesExactly(room, want)
		p.SawNoReset(room)
	}
	audit(t, w.Cluster).HasAll(t, acked)
}

func TestAPostOfAnybodyElseIsAsIfTheRoomWereNotThere(t *testing.T) {
	w := town(t)
	alice, eve := w.Person("alice").On(w.Edges[0]), w.Person("eve").On(w.Edges[1])
	room := alice.CreatesPrivate("plans")
	alice.Posts(room, "secret")
	for what, err := range map[string]error{
		"post":    second(eve.Post(eve.ctx(), room, chat.NewID(), "let me in")),
		"history": second(eve.History(eve.ctx(), room, "", "", 10)),
		"poll":    second(eve.Poll(eve.ctx(), room, "00000000-1", 0)),
		"join":    eve.Join(eve.ctx(), room),
		"leave":   eve.Leave(eve.ctx(), room),
		"invite":  eve.Invite(eve.ctx(), room, alice.Name),
		"read":    eve.MarkRead(eve.ctx(), room, 1),
		"room":    second(eve.Room(eve.ctx(), room)),
		"follow":  eve.Live().Follow(eve.ctx(), room, ""),
		"shout":   second(eve.Live().Post(eve.ctx(), room, chat.NewID(), "let me in")),
	} {
		if got := codeOf(err); got != "not_found" {
			t.Errorf("%s by a stranger: %v, want not_found", what, err)
		}
	}
	if got := alice.Reads(room); !equal(got, []string{"secret"}) {
		t.Errorf("the room holds %q", got)
	}
}
