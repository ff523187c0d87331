package edge

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
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
	go func() {
		defer close(posted)
		posted <- w.talk(one, ada, room, 40)
	}()
	var seqs []uint64
	prev := had.Seq
	late := time.Now().Add(2 * time.Minute)
	for len(seqs) < 40 && time.Now().Before(late) {
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
	if want := <-posted; !slices.Equal(seqs, want) {
		t.Errorf("followed %v, posted %v", seqs, want)
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

// A poll that was let in before its user left reads what came after, too.
func TestNothingAfterOnesOwnLeavingIsShown(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	who := chat.Principal{User: events.Person{ID: bob.id, Name: "bob"}}
	m, err := one.membership(t.Context(), requestPatience, who, room)
	if err != nil {
		t.Fatal(err)
	}
	before := w.lastSeqOf(events.Chat)
	seen := ada.posts(one, room, "hello").Seq
	bob.call(one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
	left := w.lastSeqOf(events.Chat)
	ada.posts(one, room, "secret")
	entries, _, err := w.log.Read(t.Context(), events.Chat.Subject(room), before, 10)
	if err != nil || len(entries) != 3 {
		t.Fatal(len(entries), err)
	}
	if found := follows(who, m, before, entries); len(found) != 2 || found[0].Seq != seen || found[1].Seq != left {
		t.Errorf("%d events shown", len(found))
	}
}

func TestADrainEndsALongPollWithItsPosition(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	position := ada.reads(one, room, "").Position
	began := time.Now()
	polled := make(chan Follow, 1)
	go func() { polled <- ada.follows(one, room, position, "30") }()
	testenv.Until(t, "the poll waits", func() bool {
		one.sessions.mu.Lock()
		defer one.sessions.mu.Unlock()
		return len(one.sessions.open[ada.session]) > 0
	})
	one.Drain(t.Context())
	if found := <-polled; len(found.Events) != 0 || found.Position != position {
		t.Errorf("%+v", found)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it ended after %v", took)
	}
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
	select {
	case a := <-waiting:
		a.problem(t, 401, chat.Unauthenticated)
	case <-time.After(25 * time.Second):
		t.Fatal("the poll goes on")
	}
	if seq := other.posts(two, room, "after the logout").Seq; seq == 0 {
		t.Error("another session of the same person must go on")
	}
}

// A session that ends between the question and the answer gets none.
func TestWhatIsReadAfterALogoutIsNotShown(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	position := ada.reads(one, room, "").Position
	who, err := one.authenticate(t.Context(), "", ada.token)
	if err != nil {
		t.Fatal(err)
	}
	ada.posts(one, room, "hello")
	if err := one.logOut(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	if found, err := one.follow(t.Context(), who, room, position, 0); !isCode(err, chat.Unauthenticated) {
		t.Errorf("%+v, %v", found, err)
	}
}
