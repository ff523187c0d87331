package edge

import (
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

func (p *person) follows(n *node, room, after string, wait string) Follow {
	p.t.Helper()
	return into[Follow](p.t, p.call(n, "GET", "/api/rooms/"+room+"/events?after="+after+"&wait="+wait, "").must(p.t, 200))
}

func TestALongPollBringsEveryEventOnceInOrder(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), two.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(two, room)
	position := bob.reads(two, room, "").Position
	had, _ := chat.ParsePosition(position)
	posted := make(chan []uint64, 1)
	go func() { posted <- w.talk(one, ada, room, 40) }()
	var seqs []uint64
	prev := had.Seq
	for len(seqs) < 40 {
		found := bob.follows(two, room, position, "30")
		for _, f := range found.Events {
			if f.Prev != prev || f.Seq <= prev {
				t.Fatalf("event %d names %d before it, had %d", f.Seq, f.Prev, prev)
			}
			prev = f.Seq
			seqs = append(seqs, f.Seq)
		}
		position = found.Position
	}
	for i, seq := range <-posted {
		if seqs[i] != seq {
			t.Fatalf("event %d is %d, want %d", i, seqs[i], seq)
		}
	}
}

func TestALongPollThatSeesNothingEndsWithItsPosition(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	position := ada.reads(one, room, "").Position
	for _, wait := range []string{"0", "1"} {
		if found := ada.follows(one, room, position, wait); len(found.Events) != 0 || found.Position != position {
			t.Errorf("wait %s: %+v", wait, found)
		}
	}
	ada.call(one, "GET", "/api/rooms/"+room+"/events?after="+position+"&wait=31", "").problem(t, 400, chat.BadRequest)
	ada.call(one, "GET", "/api/rooms/"+room+"/events", "").problem(t, 400, chat.BadRequest)
}

func TestALongPollEndsWithOnesOwnLeaving(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	position := bob.reads(one, room, "").Position
	waiting := make(chan answer, 1)
	go func() {
		waiting <- bob.call(one, "GET", "/api/rooms/"+room+"/events?wait=30&after="+position, "")
	}()
	bob.call(one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
	ada.posts(one, room, "secret")
	if a := <-waiting; strings.Contains(string(a.body), "secret") {
		t.Errorf("bob was told %s", a.body)
	} else if a.status == 200 {
		found := into[Follow](t, a)
		if n := len(found.Events); n != 1 || !strings.Contains(string(found.Events[0].Event), string(events.MemberLeft)) {
			t.Errorf("%s", a.body)
		}
	}
	bob.call(one, "GET", "/api/rooms/"+room+"/events?after="+position, "").problem(t, 404, chat.NotFound)
}

func TestALogoutEndsALongPoll(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	position := ada.reads(one, room, "").Position
	other := (&person{t: t, name: "ada"}).entered(two.call(t, "POST", "/api/login", `{"name":"ada","password":"correct horse"}`).must(t, 200))
	waiting := make(chan answer, 1)
	go func() {
		waiting <- ada.call(two, "GET", "/api/rooms/"+room+"/events?wait=30&after="+position, "")
	}()
	ada.call(one, "DELETE", "/api/session", "").must(t, 204)
	eventually(t, "edge two hears of the logout", func() bool { return ada.call(two, "GET", "/api/me", "").status == 401 })
	other.posts(two, room, "after the logout")
	select {
	case a := <-waiting:
		a.problem(t, 401, chat.Unauthenticated)
	case <-time.After(20 * time.Second):
		t.Fatal("the poll goes on")
	}
}
