package edge

import (
	"fmt"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// knows reports how an edge has it that the user stands.
func (n *node) knows(user string) chat.Standing {
	return n.presence.standings([]string{user})[0]
}

func TestAWordThatIsLostIsAHoleThatTheNextSignOfLifeShows(t *testing.T) {
	w := newWorld(t)
	one, two, three := w.edge(), w.edge(), w.edge()
	ada, bob := two.join(t, "ada"), two.join(t, "bob")
	ada.connects(two)
	testenv.Until(t, "ada is there", func() bool { return one.knows(ada.id) == chat.Here })
	one.presence.talk.Unfollow(events.Presence.All())
	bob.connects(two)
	testenv.Until(t, "it has been said that bob came", func() bool { return three.knows(bob.id) == chat.Here })
	one.presence.talk.Follow(events.Presence.All())
	testenv.Until(t, "bob is there", func() bool { return one.knows(bob.id) == chat.Here })
	if n := valueOf(t, one.presence.metrics.holes); n < 1 {
		t.Errorf("%v holes were seen", n)
	}
}

func TestAnEdgeThatFallsSilentLosesItsPeopleAtOnce(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob, eve := one.join(t, "ada"), two.join(t, "bob"), two.join(t, "eve")
	room := ada.makes(one, "public", "tea").ID
	bob.enters(two, room)
	eve.enters(two, room)
	watching := ada.watches(one, room)
	bob.connects(two)
	eve.connects(two)
	eve.connects(one)
	watching.sees(bob, chat.Here)
	watching.sees(eve, chat.Here)
	watching.sees(ada, chat.Here)
	n := watching.n
	testenv.Until(t, "it is known where eve is", func() bool {
		one.presence.mu.Lock()
		defer one.presence.mu.Unlock()
		return one.presence.people[eve.id].here == 2
	})
	one.presence.mu.Lock() // as if two had not been heard for the time of its lease
	for _, e := range one.presence.edges {
		e.heard = time.Now().Add(-lease)
	}
	one.presence.mu.Unlock()
	one.presence.tick(time.Now().Add(time.Millisecond))
	watching.sees(bob, chat.Offline)
	if watching.n != n+1 || watching.of(eve) != chat.Here {
		t.Errorf("%d changes, eve is %s: she has another device", watching.n-n, watching.of(eve))
	}
	watching.sees(bob, chat.Here) // it lives, after all
}

func TestAnEdgeThatTakesItsLeaveIsNotWaitedFor(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	bob := two.join(t, "bob")
	bob.connects(two)
	testenv.Until(t, "bob is there", func() bool { return one.knows(bob.id) == chat.Here })
	began := time.Now()
	two.presence.leave() // as Run does at its end
	two.presence.talk.Unfollow(events.Roll.Subject(two.presence.id))
	testenv.Until(t, "bob is gone", func() bool { return one.knows(bob.id) == chat.Offline })
	if took := time.Since(began); took > lease-time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestWhoIsIdleCostsNoWord(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	for range 10 {
		ada.connects(one)
	}
	testenv.Until(t, "ada is there", func() bool { return two.knows(ada.id) == chat.Here })
	two.presence.mu.Lock()
	var from uint64
	for _, e := range two.presence.edges {
		from = e.n
	}
	two.presence.mu.Unlock()
	beats := valueOf(t, two.presence.metrics.words.WithLabelValues("heard"))
	testenv.Until(t, "some signs of life were heard", func() bool {
		return valueOf(t, two.presence.metrics.words.WithLabelValues("heard")) >= beats+2
	})
	two.presence.mu.Lock()
	defer two.presence.mu.Unlock()
	for _, e := range two.presence.edges {
		if e.n != from {
			t.Errorf("%d words about people who did nothing", e.n-from)
		}
	}
}

// many are people of whom only the directory knows.
func (w *world) many(t *testing.T, room string, n int) (people []*person) {
	t.Helper()
	for i := range n {
		user, _, err := w.db.SignUp(t.Context(), chat.NewAccount{Name: fmt.Sprintf("p%d", i)}, chat.Device{})
		if err != nil {
			t.Fatal(err)
		}
		p := &person{t: t, name: user.User.Name, id: user.User.ID}
		if _, _, err := w.db.Join(t.Context(), user.User, room); err != nil {
			t.Fatal(err)
		}
		people = append(people, p)
	}
	return people
}

// stand says on behalf of an edge how people stand there.
func (n *node) stand(people []*person, is chat.Standing) {
	var w presenceWord
	for _, p := range people {
		w.add(p.id, is)
	}
	n.presence.mu.Lock()
	defer n.presence.mu.Unlock()
	w.N = n.presence.self.n + 1
	n.presence.apply(n.presence.self, w, time.Now())
	n.presence.say(w, time.Now())
}

func TestALargeRoomIsToldHowManyAreThere(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, "public", "hall").ID
	people := w.many(t, room, namedMembers-1)
	two.stand(people[:50], chat.Here)
	testenv.Until(t, "one has heard of them", func() bool { return one.knows(people[49].id) == chat.Here })
	watching := ada.watches(one, room) // 200 members: by name
	if len(watching.people) < 50 || watching.here != 0 {
		t.Fatalf("%d people by name, %d by number", len(watching.people), watching.here)
	}
	bob := one.join(t, "bob")
	bob.enters(one, room) // one more
	for watching.here == 0 {
		watching.look()
	}
	watching.until(51, 0)
	two.stand(people[:20], chat.Away)
	two.stand(people[50:60], chat.Here)
	watching.until(41, 20)
	two.stand(people[:60], chat.Offline)
	watching.until(1, 0)
	late := ada.watches(two, room) // by number from the beginning, on an edge that has to ask
	two.stand(people[100:120], chat.Here)
	late.until(21, 0) // ada on two devices is one of them
	watching.until(21, 0)
}

// until reads until so many are there.
func (o *onlooker) until(here, away int) {
	o.t.Helper()
	for o.here != here || o.away != away {
		o.look()
	}
}

func TestWhoIsThereIsShownInTheListOfMembersWithWhenTheyWere(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	two.hurry()
	ada, bob := one.join(t, "ada"), two.join(t, "bob")
	room := ada.makes(one, "public", "tea").ID
	bob.enters(two, room)
	s := bob.connects(two)
	list := func() map[string]chat.Member {
		page := into[MemberList](t, ada.call(one, "GET", "/api/rooms/"+room+"/members", "").must(t, 200))
		by := map[string]chat.Member{}
		for _, m := range page.Members {
			by[m.Name] = m
		}
		return by
	}
	testenv.Until(t, "bob is listed as here", func() bool { return list()["bob"].Presence == chat.Here })
	closed := time.Now()
	s.closes()
	testenv.Until(t, "bob is listed with when he was seen", func() bool {
		m := list()["bob"]
		return m.Presence == chat.Offline && m.Seen.After(closed.Add(-time.Second))
	})
	watching := ada.watches(one, room)
	if at := watching.seen[bob.id]; at.Before(closed.Add(-2 * time.Second)) {
		t.Errorf("the snapshot says that bob was seen at %s, not %s", at, closed)
	}
}

func TestOneFrameWatchesManyRoomsWithOneQuestion(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	var rooms []string
	s := ada.connects(one)
	for i := range 40 {
		room := ada.makes(one, "public", fmt.Sprintf("room %d", i)).ID
		rooms = append(rooms, room)
		s.follows(room, "")
	}
	asked := valueOf(t, one.presence.metrics.asked)
	s.sends(watchFrame{Op: "watch", ID: 3, Rooms: rooms})
	for range rooms {
		s.hears("present")
	}
	if n := valueOf(t, one.presence.metrics.asked) - asked; n != 1 {
		t.Errorf("%v questions", n)
	}
}
