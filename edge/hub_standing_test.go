package edge

import (
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// What a topic knows is that of the latest revision it was told of, whether by
// an event or by the directory, and in whatever order the two come.
func TestATopicKnowsTheLatestOfWhatItIsTold(t *testing.T) {
	ada, room := events.Person{ID: chat.NewID(), Name: "ada"}, chat.NewID()
	until := time.Now().Add(time.Hour)
	asked := func(at uint64, role chat.Role, slow int) func(*topic) {
		m := chat.Membership{Room: chat.Room{ID: room, Kind: chat.Public, RoomSettings: chat.RoomSettings{Slow: slow}}, Rev: 2, At: at, Role: role}
		return func(t *topic) { t.learn(ada.ID, m) }
	}
	says := func(kind events.Type, data any) func(*topic) {
		ev := events.New(kind, chat.NewID(), room, ada, time.Now(), data)
		return func(t *topic) { t.changed(ev) }
	}
	muted := func(rev uint64) func(*topic) {
		return says(events.MemberChanged, events.MemberChangedData{Rev: rev, User: ada, Role: "moderator", Muted: until})
	}
	slow := func(rev uint64, n int) func(*topic) {
		return says(events.RoomChanged, events.RoomChangedData{Rev: rev, Kind: chat.Announcement, Slow: n})
	}
	for name, c := range map[string]struct {
		told []func(*topic)
		role chat.Role
		slow int
	}{
		"the directory alone":                  {[]func(*topic){asked(5, chat.Plain, 3)}, chat.Plain, 3},
		"an event after the answer":            {[]func(*topic){asked(5, chat.Plain, 3), muted(6), slow(7, 9)}, chat.Moderator, 9},
		"an event that the answer has told of": {[]func(*topic){asked(8, chat.Plain, 3), muted(6), slow(7, 9)}, chat.Plain, 3},
		"an event before an older answer":      {[]func(*topic){muted(6), slow(7, 9), asked(5, chat.Plain, 3)}, chat.Moderator, 9},
		"an event before a newer answer":       {[]func(*topic){muted(6), slow(7, 9), asked(7, chat.Plain, 9)}, chat.Plain, 9},
		"an older answer after a newer one":    {[]func(*topic){asked(7, chat.Moderator, 9), asked(5, chat.Plain, 3)}, chat.Moderator, 9},
	} {
		topic := &topic{scope: room, coming: 1}
		for _, tell := range c.told {
			tell(topic)
		}
		m, known := topic.known(ada.ID)
		if !known || m.Role != c.role || m.Room.Slow != c.slow {
			t.Errorf("%s: %+v, want %s and %d s", name, m, c.role, c.slow)
		}
	}
	lent := &topic{scope: room}
	lent.learn(ada.ID, chat.Membership{Rev: 2, At: 5, Role: chat.Moderator, Lent: true})
	if m, _ := lent.known(ada.ID); m.Role != chat.Plain {
		t.Errorf("a role that no event ends is remembered: %+v", m)
	}
	blind := &topic{scope: room, coming: 1, blind: true}
	blind.learn(ada.ID, chat.Membership{Rev: 2, At: 5})
	if _, known := blind.known(ada.ID); known {
		t.Error("an answer that may be older than a hole is remembered")
	}
}

// natter's staff moderate public rooms without the room's knowing, for as long
// as they are staff.
func TestNattersStaffModeratePublicRoomsAsLongAsTheyAreStaff(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	boss, olga, staff := one.join(t, "boss"), one.join(t, "olga"), one.join(t, "staff")
	room := into[chat.Room](t, olga.call(one, "POST", "/api/rooms", `{"kind":"announcement","name":"News","topic":"Of the bees","capacity":9}`).must(t, 201))
	private := olga.makes(one, chat.Private, "Ours").ID
	olga.call(one, "POST", "/api/rooms/"+private+"/invitations", `{"name":"staff"}`).must(t, 204)
	staff.enters(one, room.ID)
	staff.enters(one, private)
	socket := staff.connects(two)
	socket.follows(room.ID, "")
	staff.postsAs(two, room.ID, chat.NewID(), "x").problem(t, 403, chat.ReadOnly)
	boss.ranks(one, staff, chat.Moderator)
	staff.posts(two, room.ID, "I moderate now")
	staff.does(two, "PATCH", room.ID, "", `{"slow":60}`).must(t, 200)
	staff.posts(two, room.ID, "and wait for nobody")
	staff.posts(two, room.ID, "twice")
	staff.does(two, "GET", private, "/bans", "").problem(t, 403, chat.Forbidden)
	olga.does(one, "DELETE", room.ID, "/members/"+staff.id, "").must(t, 204) // whose room it is
	staff.enters(one, room.ID)
	boss.ranks(one, staff, chat.Plain)
	staff.postsAs(two, room.ID, chat.NewID(), "x").problem(t, 403, chat.ReadOnly)

	// The list shows it to everybody, by its topic too, until it is archived.
	found := func() int {
		return len(into[PublicList](t, boss.call(two, "GET", "/api/rooms/public?query=BEES", "").must(t, 200)).Rooms)
	}
	if n := found(); n != 1 {
		t.Errorf("%d rooms are about bees", n)
	}
	olga.does(one, "PUT", room.ID, "/archived", `{"archived":true}`).must(t, 200)
	if n := found(); n != 0 {
		t.Errorf("%d archived rooms are shown", n)
	}
	boss.call(one, "POST", "/api/rooms/"+room.ID+"/join", "").problem(t, 409, chat.Archived)
}
