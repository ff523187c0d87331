package sql_test

import (
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

func TestTheRoomOfADisabledOwnerIsHandedOverByItsModeratorsOrElseItsEldest(t *testing.T) {
	w := newWorld(t)
	ada, bob, cat, dan, eve := w.person("ada"), w.person("bob"), w.person("cat"), w.person("dan"), w.person("eve")
	room := w.room(bob, chat.Private, "Plan")
	for _, p := range []events.Person{cat, dan, eve} {
		w.flush(must[string](t)(w.Invite(t.Context(), bob, room, p.Name)))
		w.join(p, room)
	}
	hands := func(by, to events.Person) error {
		_, err := w.HandOver(t.Context(), by, room, to.ID)
		return err
	}
	disable := func(p events.Person) {
		t.Helper()
		if _, _, err := w.Disable(t.Context(), ada, p.ID, chat.Device{}); err != nil {
			t.Fatal(err)
		}
	}
	must[string](t)(w.SetMemberRole(t.Context(), bob, room, dan.ID, chat.Moderator))
	wants(t, hands(dan, dan), chat.Forbidden) // its owner can use natter
	disable(bob)
	wants(t, hands(cat, cat), chat.Forbidden) // there is a moderator
	wants(t, hands(ada, dan), chat.NotFound)  // who owns natter is not in the room
	wants(t, hands(dan, bob), "")             // whose it is: nothing new
	if err := hands(dan, dan); err != nil {
		t.Fatal(err)
	}
	roles := func() (all map[string]chat.Role) {
		all = map[string]chat.Role{}
		for _, m := range must[[]chat.Member](t)(w.Members(t.Context(), room, "", 10)) {
			all[m.Name] = m.Role
		}
		return all
	}
	if got := roles(); got["dan"] != chat.Owner || got["bob"] != chat.Moderator || got["cat"] != chat.Plain {
		t.Errorf("after it was handed over: %v", got)
	}
	disable(dan) // with bob, a moderator who cannot use natter either
	wants(t, hands(eve, eve), chat.Forbidden)
	wants(t, hands(cat, bob), chat.Conflict)
	if err := hands(cat, eve); err != nil {
		t.Fatal(err)
	}
	if got := roles(); got["eve"] != chat.Owner || got["dan"] != chat.Moderator || got["cat"] != chat.Plain {
		t.Errorf("after the eldest handed it over: %v", got)
	}
}
