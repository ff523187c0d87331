package edge

import (
	"context"
	"testing"

	"github.com/natter-chat/natter/chat"
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
	eventually(t, "all are there", func() bool { return len(one.presence.here([]string{ada.id, bob.id, eve.id})) == 3 })
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
