package sql_test

import (
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// room makes a room that the log knows.
func (w *world) room(by events.Person, kind, name string) string {
	w.t.Helper()
	id := chat.NewID()
	_, subject, err := w.Create(w.t.Context(), by, chat.NewRoom{ID: id, Kind: kind, Name: name})
	if err != nil {
		w.t.Fatal(err)
	}
	w.flush(subject)
	return id
}

// said returns the types of a room's events, in order.
func (w *world) said(room string) string {
	w.t.Helper()
	var types []string
	for _, entry := range w.log.of(events.Chat, 0, 1<<20) {
		if ev := must[events.Event](w.t)(entry.Event()); ev.Scope == room {
			types = append(types, string(ev.Type))
		}
	}
	return strings.Join(types, " ")
}

func TestARoomsCreationAndItsCreatorStandInTheLogTogether(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	id := chat.NewID()
	m, subject, err := w.Create(t.Context(), ada, chat.NewRoom{ID: id, Kind: chat.Private, Name: "The Plan"})
	if err != nil {
		t.Fatal(err)
	}
	if m.Room.ID != id || m.Room.Kind != chat.Private || m.Room.Name != "The Plan" || m.Room.Members != 1 || m.Rev != 1 || m.From != 0 || m.Room.Created.IsZero() {
		t.Errorf("got %+v", m)
	}
	w.flush(subject)
	if got := w.said(id); got != "room.created member.joined" {
		t.Errorf("the room says %s", got)
	}
}

func TestCreatingARoomAgainIsTheSameRoom(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	id := chat.NewID()
	errs := atOnce(20, func(int) error {
		m, _, err := w.Create(within(t, patience), ada, chat.NewRoom{ID: id, Kind: chat.Public, Name: "News"})
		if err == nil && m.Room.ID != id {
			t.Errorf("got %+v", m)
		}
		return err
	})
	if tally(errs)[""] != 20 {
		t.Fatalf("got %v", tally(errs))
	}
	_, subject, err := w.Create(t.Context(), ada, chat.NewRoom{ID: id, Kind: chat.Public, Name: "News"})
	if err != nil {
		t.Fatal(err)
	}
	w.flush(subject) // the outbox still held it
	if got := w.said(id); got != "room.created member.joined" {
		t.Errorf("the room says %s", got)
	}
	if _, subject, err = w.Create(t.Context(), ada, chat.NewRoom{ID: id, Kind: chat.Public, Name: "News"}); err != nil || subject != "" {
		t.Errorf("a repeat after the flush: %q, %v", subject, err)
	}
	for name, try := range map[string]func() error{
		"another name": func() error {
			_, _, err := w.Create(t.Context(), ada, chat.NewRoom{ID: id, Kind: chat.Public, Name: "Other"})
			return err
		},
		"another kind": func() error {
			_, _, err := w.Create(t.Context(), ada, chat.NewRoom{ID: id, Kind: chat.Private, Name: "News"})
			return err
		},
		"another person": func() error {
			_, _, err := w.Create(t.Context(), bob, chat.NewRoom{ID: id, Kind: chat.Public, Name: "News"})
			return err
		},
	} {
		if err := try(); chat.CodeOf(err) != chat.KeyReused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestABadRoomIsRefused(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	cases := map[string]struct {
		id, kind, name string
		want           chat.Code
	}{
		"a wildcard for an id": {"*", chat.Public, "x", chat.BadRequest},
		"a direct room":        {chat.NewID(), chat.Direct, "x", chat.BadRequest},
		"an unknown kind":      {chat.NewID(), "secret", "x", chat.BadRequest},
		"no name":              {chat.NewID(), chat.Public, "", chat.BadName},
		"a NUL in the name":    {chat.NewID(), chat.Public, "a\x00b", chat.BadName},
	}
	for name, c := range cases {
		if _, _, err := w.Create(t.Context(), ada, chat.NewRoom{ID: c.id, Kind: c.kind, Name: c.name}); chat.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	ghost := events.Person{ID: chat.NewID(), Name: "ghost"}
	_, _, err := w.Create(t.Context(), ghost, chat.NewRoom{ID: chat.NewID(), Kind: chat.Public, Name: "x"})
	wants(t, err, chat.NotFound)
}

func TestNobodyMakesMoreRoomsThanAllowed(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")                                                               // in the lobby
	db := w.WithLimits(sql.Limits{Rooms: 4, Members: 10, Invitations: 10, Sessions: 10}) // so three more
	counts := tally(atOnce(10, func(int) error {
		_, _, err := db.Create(within(t, patience), ada, chat.NewRoom{ID: chat.NewID(), Kind: chat.Public, Name: "x"})
		return err
	}))
	if counts[""] != 3 || counts[chat.LimitReached] != 7 {
		t.Errorf("got %v", counts)
	}
}

func TestTwoPeopleHaveOneDirectRoom(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("Bob")
	rooms := make([]chat.Membership, 20)
	errs := atOnce(20, func(i int) (err error) {
		if i%2 == 0 {
			rooms[i], _, err = w.OpenDirect(within(t, patience), ada, "bob")
		} else {
			rooms[i], _, err = w.OpenDirect(within(t, patience), bob, "ADA")
		}
		return err
	})
	if tally(errs)[""] != 20 {
		t.Fatalf("got %v", errs)
	}
	for i, m := range rooms {
		peer := []events.Person{bob, ada}[i%2]
		if m.Room.ID != rooms[0].Room.ID || m.Room.Kind != chat.Direct || m.Room.Members != 2 || m.Room.Peer == nil || *m.Room.Peer != peer {
			t.Fatalf("%d got %+v", i, m)
		}
	}
	w.flush(events.Chat.Subject(rooms[0].Room.ID))
	if got := w.said(rooms[0].Room.ID); got != "room.created member.joined member.joined" {
		t.Errorf("the room says %s", got)
	}
}

func TestADirectRoomNeedsAnotherPerson(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	_, _, err := w.OpenDirect(t.Context(), ada, "Ada")
	wants(t, err, chat.Conflict)
	for _, name := range []string{"nobody", "", "nul\x00"} {
		_, _, err := w.OpenDirect(t.Context(), ada, name)
		wants(t, err, chat.NotFound)
	}
}

func TestWhoHasManyRoomsCanStillBeWrittenTo(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	db := w.WithLimits(sql.Limits{Rooms: 1, Members: 10, Invitations: 10, Sessions: 10})
	_, _, err := db.OpenDirect(t.Context(), ada, "bob") // the lobby is one
	wants(t, err, chat.LimitReached)
	two := w.WithLimits(sql.Limits{Rooms: 2, Members: 10, Invitations: 10, Sessions: 10})
	w.room(bob, chat.Public, "bob has two rooms now")
	_, _, err = two.OpenDirect(t.Context(), ada, "bob")
	wants(t, err, "")
}
