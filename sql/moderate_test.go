package sql_test

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// Without the WHERE of TakeTurn this grants more.
func TestOfManyMessagesAtOnceOneHasItsTurn(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	room := w.room(ada, chat.Public, "Slow")
	take := func(message string) (time.Duration, error) {
		return w.TakeTurn(within(t, patience), chat.Turn{User: ada.ID, Room: room, Message: message}, time.Hour)
	}
	var messages []string
	for range 30 {
		messages = append(messages, chat.NewID())
	}
	granted := make([]bool, len(messages))
	for _, err := range atOnce(len(messages), func(i int) error {
		wait, err := take(messages[i])
		granted[i] = wait == 0
		if !granted[i] && (wait < time.Minute || wait > time.Hour) {
			t.Errorf("wait %v", wait)
		}
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	turns := 0
	for i, message := range messages {
		if granted[i] {
			turns++
		}
		if wait, err := take(message); err != nil || (wait == 0) != granted[i] { // only its own retry is granted
			t.Errorf("message %d again: %v, %v", i, wait, err)
		}
	}
	if turns != 1 {
		t.Errorf("%d turns", turns)
	}
	if wait, err := w.TakeTurn(within(t, patience), chat.Turn{User: ada.ID, Room: room, Message: chat.NewID(), Crowd: true}, time.Hour); wait != 0 || err != nil {
		t.Errorf("a turn to mention everybody: %v, %v", wait, err)
	}
	w.exec(`UPDATE turns SET until = clock_timestamp()`)
	if wait, err := take(chat.NewID()); wait != 0 || err != nil {
		t.Errorf("when the time is over: %v, %v", wait, err)
	}
}

func TestALinkLetsInAsManyAsItSays(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	room := w.room(ada, chat.Private, "Plan")
	hash := []byte("the hash of a link")
	l, err := w.MakeLink(t.Context(), ada, room, chat.NewRoomLink{Hash: hash, Uses: 10, Lasts: time.Hour})
	if err != nil || l.UsesLeft != 10 || l.By != ada || l.Expires.Sub(l.Created).Round(time.Minute) != time.Hour {
		t.Fatalf("%+v, %v", l, err)
	}
	var people []events.Person
	for i := range 50 {
		people = append(people, w.person("guest"+strconv.Itoa(i)))
	}
	counts := tally(atOnce(len(people), func(i int) error {
		_, _, err := w.JoinByLink(within(t, patience), people[i], hash)
		return err
	}))
	if counts[""] != 10 || counts[chat.BadInvitation] != 40 {
		t.Errorf("got %v", counts)
	}
	if list := must[[]chat.RoomLink](t)(w.Links(t.Context(), ada, room)); len(list) != 0 {
		t.Errorf("a link that is used up is open: %+v", list)
	}
	other := []byte("another")
	must[chat.RoomLink](t)(w.MakeLink(t.Context(), ada, room, chat.NewRoomLink{Hash: other, Uses: 1, Lasts: time.Hour}))
	if _, _, err := w.JoinByLink(t.Context(), ada, other); err != nil { // a member uses nothing up
		t.Error(err)
	}
	if list := must[[]chat.RoomLink](t)(w.Links(t.Context(), ada, room)); len(list) != 1 || list[0].UsesLeft != 1 {
		t.Errorf("%+v", list)
	}
	w.exec(`UPDATE room_links SET expires = now()`)
	_, _, err = w.JoinByLink(t.Context(), w.person("late"), other)
	wants(t, err, chat.BadInvitation)
	_, _, err = w.JoinByLink(t.Context(), w.person("liar"), []byte("no hash"))
	wants(t, err, chat.BadInvitation)
}

func TestABanEndsByItselfAndKeepsAStrangerOutToo(t *testing.T) {
	w := newWorld(t)
	ada, bob, eve := w.person("ada"), w.person("bob"), w.person("eve")
	room := w.room(bob, chat.Public, "News")
	w.flush(must[string](t)(w.Invite(t.Context(), bob, room, "eve")))
	if subject := must[string](t)(w.Ban(t.Context(), bob, room, eve.ID, "spam", time.Hour)); subject != "" {
		t.Errorf("a ban of nobody in the room is told in it: %s", subject)
	}
	_, _, err := w.Join(t.Context(), eve, room)
	wants(t, err, chat.Banned)
	_, err = w.Invite(t.Context(), bob, room, "eve")
	wants(t, err, chat.Conflict)
	_, err = w.Ban(t.Context(), bob, room, ada.ID, "", 0) // an owner of natter's, who is its moderator
	if err != nil && chat.CodeOf(err) != chat.Forbidden {
		t.Error(err)
	}
	w.exec(`UPDATE bans SET expires = now() WHERE user_id = $1`, eve.ID)
	w.join(eve, room)
	if list := must[[]chat.Ban](t)(w.Bans(t.Context(), bob, room)); len(list) != 1 || list[0].User != ada || !list[0].Until.IsZero() {
		t.Errorf("%+v", list)
	}

	private := w.room(bob, chat.Private, "Plan")
	must[string](t)(w.Ban(t.Context(), bob, private, eve.ID, "", 0))
	_, _, err = w.Join(t.Context(), eve, private) // she has never heard of it
	wants(t, err, chat.NotFound)
}

func TestTheLobbyIsForEverybodyAndItsOwnersAreNatters(t *testing.T) {
	w := newWorld(t)
	ada, bob, eve := w.person("ada"), w.person("bob"), w.person("eve")
	for name, c := range map[string]struct {
		do   func(by events.Person) error
		want chat.Code // for ada, who owns natter
	}{
		"hand over": {func(by events.Person) error { _, err := w.HandOver(t.Context(), by, sql.LobbyID, eve.ID); return err }, chat.Conflict},
		"archive":   {func(by events.Person) error { _, _, err := w.Archive(t.Context(), by, sql.LobbyID, true); return err }, chat.Conflict},
		"narrow": {func(by events.Person) error {
			n := 1000
			_, _, err := w.Change(t.Context(), by, sql.LobbyID, chat.RoomChange{Capacity: &n})
			return err
		}, chat.Conflict},
		"rename": {func(by events.Person) error {
			name := "Hall"
			_, _, err := w.Change(t.Context(), by, sql.LobbyID, chat.RoomChange{Name: &name})
			return err
		}, ""},
		"mute": {func(by events.Person) error {
			_, err := w.Mute(t.Context(), by, sql.LobbyID, eve.ID, time.Hour)
			return err
		}, ""},
		"give a role": {func(by events.Person) error {
			_, err := w.SetMemberRole(t.Context(), by, sql.LobbyID, eve.ID, chat.Moderator)
			return err
		}, ""},
	} {
		if err := c.do(bob); chat.CodeOf(err) != chat.Forbidden {
			t.Errorf("%s by bob: %v", name, err)
		}
		if err := c.do(ada); chat.CodeOf(err) != c.want {
			t.Errorf("%s by ada: %v", name, err)
		}
	}
	for _, p := range []events.Person{ada, bob, eve} {
		must[string](t)(w.Leave(t.Context(), p, sql.LobbyID))
	}
	w.join(ada, sql.LobbyID) // an empty lobby is no archive, and nobody's
	if m, _ := w.membership(ada, sql.LobbyID); m.Role != chat.Owner || !m.Lent || m.Room.Name != "Hall" {
		t.Errorf("%+v", m)
	}
}

// A room has one owner even if the code above the table forgets.
func TestTheTableHoldsOneOwnerARoom(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	w.join(bob, room)
	conn := must[*pgx.Conn](t)(pgx.Connect(t.Context(), w.url))
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `UPDATE members SET role = 'owner' WHERE room_id = $1`, room); err == nil {
		t.Error("a room has two owners")
	}
}
