package sql_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// everybody pages through a room's members.
func (w *world) everybody(room string) []chat.Member {
	w.t.Helper()
	var all []chat.Member
	after := ""
	for {
		members := must[[]chat.Member](w.t)(w.Members(w.t.Context(), room, after, 3))
		if len(members) == 0 {
			return all
		}
		all = append(all, members...)
		after = members[len(members)-1].Name
	}
}

func TestMembersAreListedByNamePageByPage(t *testing.T) {
	w := newWorld(t)
	names := []string{"ada", "Bob", "carl", "Dora", "eve", "Ümit", "李雷"}
	for i := range names {
		w.person(names[(i*3)%len(names)])
	}
	var got []string
	for _, m := range w.everybody(sql.LobbyID) {
		if got = append(got, m.Name); m.Joined.IsZero() || m.Read != 0 {
			t.Errorf("%+v", m)
		}
	}
	if !slices.Equal(got, names) {
		t.Errorf("got %v, want %v", got, names)
	}
	for _, room := range []string{"*", chat.NewID()} {
		if members := must[[]chat.Member](t)(w.Members(t.Context(), room, "", 10)); len(members) > 0 {
			t.Errorf("%q has members: %v", room, members)
		}
	}
}

func TestMembersNamedFindsOnlyMembersOfTheRoom(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("Bob")
	w.person("carl")
	room := w.room(ada, chat.Public, "News")
	w.join(bob, room)
	got := must[[]events.Person](t)(w.MembersNamed(t.Context(), room, []string{"BOB", "carl", "nobody", "\x00", "ada"}))
	if !slices.Equal(got, []events.Person{ada, bob}) {
		t.Errorf("got %v", got)
	}
	w.leave(bob, room)
	if got := must[[]events.Person](t)(w.MembersNamed(t.Context(), room, []string{"bob"})); len(got) > 0 {
		t.Errorf("an ex-member is found: %v", got)
	}
	if got := must[[]events.Person](t)(w.MembersNamed(t.Context(), room, nil)); len(got) > 0 {
		t.Errorf("no names find %v", got)
	}
}

func TestPublicRoomsAreFoundByPartOfTheirNamePageByPage(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	var want []string
	for i := range 5 {
		want = append(want, w.room(ada, chat.Public, fmt.Sprintf("Café %d_%%", i)))
	}
	w.room(ada, chat.Private, "Café 5")
	w.room(ada, chat.Public, "Tea")
	var got []string
	for after := ""; ; after = got[len(got)-1] {
		page := must[[]chat.Room](t)(w.PublicRooms(t.Context(), "CAFÉ", after, 2))
		if len(page) == 0 {
			break
		}
		for _, r := range page {
			if got = append(got, r.ID); r.Members != 1 || r.Kind != chat.Public {
				t.Errorf("%+v", r)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if all := must[[]chat.Room](t)(w.PublicRooms(t.Context(), "", "", 100)); len(all) != 7 { // with the lobby
		t.Errorf("%d public rooms", len(all))
	}
	for _, c := range [][2]string{{"%", ""}, {"_", ""}} {
		if page := must[[]chat.Room](t)(w.PublicRooms(t.Context(), c[0], c[1], 100)); len(page) != 5 {
			t.Errorf("%q finds %d rooms, not the five that hold it", c[0], len(page))
		}
	}
	for _, c := range [][2]string{{"\x00", ""}, {"\xff", ""}, {"", "*"}, {"", chat.NewID()}} {
		if page := must[[]chat.Room](t)(w.PublicRooms(t.Context(), c[0], c[1], 100)); len(page) > 0 {
			t.Errorf("%q after %q finds %v", c[0], c[1], page)
		}
	}
}

// mine returns the user's rooms by name, after applying the log.
func (w *world) mine(user events.Person) (map[string]chat.MyRoom, []string) {
	w.t.Helper()
	w.fold()
	rooms, offset, _, err := w.MyRooms(w.t.Context(), user.ID, chat.UnreadCounted)
	if err != nil || offset != w.log.last(events.Chat) {
		w.t.Fatalf("offset %d of %d, %v", offset, w.log.last(events.Chat), err)
	}
	byName, order := map[string]chat.MyRoom{}, []string{}
	for _, r := range rooms {
		byName[r.Name] = r
		order = append(order, r.Name)
	}
	return byName, order
}

func TestMyRoomsShowWhatIsNewSinceTheMarkerAndTheJoining(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	w.log.append(posted(ada, room, "before bob came"))
	w.join(bob, room)
	if rooms, _ := w.mine(bob); rooms["News"].Unread != 0 || rooms["News"].Last == nil {
		t.Errorf("a new member: %+v", rooms["News"])
	}
	first := w.log.append(posted(ada, room, "hello @bob", bob))
	w.log.append(posted(bob, room, "my own"))
	last := w.log.append(posted(ada, room, "again @bob", bob))
	rooms, order := w.mine(bob)
	news := rooms["News"]
	if news.Unread != 2 || news.Mentions != 2 || news.Read != 0 || news.Last.Seq != last.Seq || string(news.Last.Event) != string(last.Body) {
		t.Errorf("got %+v", news)
	}
	if !slices.Equal(order, []string{"News", "Lobby"}) {
		t.Errorf("the order is %v", order)
	}
	w.log.append(marked(bob, room, first.Seq))
	if rooms, _ := w.mine(bob); rooms["News"].Unread != 1 || rooms["News"].Mentions != 1 || rooms["News"].Read != first.Seq {
		t.Errorf("after reading one: %+v", rooms["News"])
	}
	if rooms, _ := w.mine(ada); rooms["News"].Unread != 1 || rooms["News"].Mentions != 0 {
		t.Errorf("ada sees %+v", rooms["News"])
	}
	w.log.append(posted(ada, sql.LobbyID, "later"))
	if _, order := w.mine(bob); !slices.Equal(order, []string{"Lobby", "News"}) {
		t.Errorf("the order is %v", order)
	}
}

func TestUnreadIsCountedOnlySoFar(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	for range chat.UnreadCounted + 5 {
		w.log.append(posted(ada, sql.LobbyID, "x @bob", bob))
	}
	rooms, _ := w.mine(bob)
	if lobby := rooms["Lobby"]; lobby.Unread != chat.UnreadCounted || lobby.Mentions != chat.UnreadCounted {
		t.Errorf("got %+v", lobby)
	}
}

func TestWhoComesBackHasNothingOfTheTimeBetweenInTheirRooms(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	w.join(bob, room)
	w.leave(bob, room)
	w.log.append(posted(ada, room, "secret @bob", bob))
	_, subject, err := w.Join(t.Context(), bob, room)
	if err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"before the log has the return", "after"} {
		rooms, _ := w.mine(bob)
		if news := rooms["News"]; news.Unread != 0 || news.Mentions != 0 || news.Last != nil {
			t.Errorf("%s: %+v", when, news)
		}
		w.flushIf(subject)
	}
	w.log.append(posted(ada, room, "welcome back"))
	if rooms, _ := w.mine(bob); rooms["News"].Unread != 1 || rooms["News"].Last == nil {
		t.Errorf("got %+v", rooms["News"])
	}
}

func TestWhoHasNoRoomsStillLearnsTheOffset(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	w.leave(ada, sql.LobbyID)
	if _, order := w.mine(ada); len(order) != 0 {
		t.Errorf("got %v", order)
	}
}

func TestADirectRoomShowsTheOtherPerson(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	_, subject, err := w.OpenDirect(t.Context(), ada, "bob")
	if err != nil {
		t.Fatal(err)
	}
	w.flush(subject)
	for me, peer := range map[events.Person]events.Person{ada: bob, bob: ada} {
		rooms, _ := w.mine(me)
		if r := rooms[""]; r.Peer == nil || *r.Peer != peer || r.Kind != chat.Direct {
			t.Errorf("%s sees %+v", me.Name, r)
		}
	}
}
