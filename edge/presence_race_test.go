package edge

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/testenv"
)

// slowCrowds is a directory whose answers about rooms are old when they come.
type slowCrowds struct {
	Crowds
	answered, release chan struct{}
}

func (c *slowCrowds) CrowdsOf(ctx context.Context, rooms []string, most int) (map[string]chat.Crowd, error) {
	found, err := c.Crowds.CrowdsOf(ctx, rooms, most)
	c.answered <- struct{}{}
	<-c.release
	return found, err
}

func TestWhoJoinsOrLeavesWhileTheDirectoryAnswersIsShownAsTheyAreNow(t *testing.T) {
	w := newWorld(t)
	slow := &slowCrowds{answered: make(chan struct{}), release: make(chan struct{})}
	one := w.edge(func(_ *Config, d *Deps) { slow.Crowds, d.Crowds = d.Crowds, slow })
	ada, bob, eve := one.join(t, "ada"), one.join(t, "bob"), one.join(t, "eve")
	room := ada.makes(one, "public", "tea").ID
	bob.enters(one, room)
	bob.connects(one)
	eve.connects(one)
	s := ada.connects(one)
	s.follows(room, "")
	testenv.Until(t, "all are there", func() bool { return len(one.presence.here([]string{ada.id, bob.id, eve.id})) == 3 })
	s.sends(watchFrame{Op: "watch", ID: 9, Rooms: []string{room}})
	<-slow.answered // bob is a member, and eve is none
	bob.leaves(one, room)
	eve.enters(one, room)
	for heard := 0; heard < 2; { // the room's topic has heard of both
		if s.next().Op == "event" {
			heard++
		}
	}
	slow.release <- struct{}{}
	o := &onlooker{socket: s, room: room}
	for o.people == nil {
		o.look()
	}
	if o.of(bob) != chat.Offline || o.of(eve) != chat.Here {
		t.Errorf("bob, who left, is %s; eve, who joined, is %s", o.of(bob), o.of(eve))
	}
}

func TestAnAnswerAboutSomeOfALargeRoomHidesNobodyElsesComingOrGoing(t *testing.T) {
	const room, ada, bob, eve = "room", "ada", "bob", "eve"
	here := tally{here: 1}
	p := &presence{metrics: newPresenceMetrics(prometheus.NewRegistry()), crowds: map[string]*crowd{}, in: map[string][]*crowd{},
		people: map[string]tally{ada: here, bob: here, eve: here}}
	c := &crowd{room: room, isLarge: true, asked: 1, members: map[string]time.Time{}}
	p.crowds[room] = c
	p.put(c, bob, time.Time{})
	p.fill(c, chat.Crowd{Rev: 8, Members: map[string]time.Time{eve: {}}}) // eve was asked about after ada had joined and bob had left
	p.turned(room, turn{rev: 7, user: ada, joined: true})
	p.turned(room, turn{rev: 8, user: bob})
	if there := slices.Sorted(maps.Keys(c.members)); !slices.Equal(there, []string{ada, eve}) {
		t.Errorf("there are %q", there)
	}
}
