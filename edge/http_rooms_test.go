package edge

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Whoever may not see a room learns nothing of it: every verb gives the same
// answer as for a room that does not exist.
func TestStrangersAndExMembersGetTheSame404ForEveryVerb(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, eve, bob := one.join(t, "ada"), one.join(t, "eve"), one.join(t, "bob")
	private := ada.makes(one, chat.Private, "Secrets").ID
	direct := into[chat.Room](t, ada.call(one, "POST", "/api/rooms/direct", `{"name":"bob"}`)).ID
	public := ada.makes(one, chat.Public, "Tea").ID
	ada.call(one, "POST", "/api/rooms/"+private+"/invitations", `{"name":"bob"}`).must(t, 204)
	bob.enters(one, private)
	bob.call(one, "POST", "/api/rooms/"+private+"/leave", "").must(t, 204)
	position := ada.reads(one, private, "").Position
	last := w.lastSeqOf(events.Chat)

	verbs := []struct{ method, path, body string }{
		{"GET", "", ""},
		{"GET", "/messages", ""},
		{"GET", "/messages?before=" + position, ""},
		{"GET", "/events?after=" + position, ""},
		{"GET", "/members", ""},
		{"POST", "/messages", `{"key":"` + chat.NewID() + `","text":"let me in"}`},
		{"PUT", "/read", `{"seq":1}`},
		{"POST", "/invitations", `{"name":"eve"}`},
		{"POST", "/invitations", `{"name":"ada"}`},
		{"POST", "/invitations", `{"name":"nobody"}`},
		{"POST", "/leave", ""},
		{"POST", "/join", ""},
	}
	for _, verb := range verbs {
		var want Problem
		for i, c := range []struct {
			who  *person
			room string
		}{{eve, chat.NewID()}, {eve, private}, {bob, private}, {eve, direct}, {eve, public}} {
			if c.room == public && (verb.path == "/join") {
				continue // anybody may
			}
			p := c.who.call(one, verb.method, "/api/rooms/"+c.room+verb.path, verb.body).problem(t, 404, chat.NotFound)
			p.Trace = ""
			if i == 0 {
				want = p
			}
			if p.Detail != want.Detail || p.Title != want.Title || len(p.Errors) != len(want.Errors) {
				t.Errorf("%s %s: %+v, for nothing %+v", verb.method, verb.path, p, want)
			}
		}
		for _, bad := range []string{"*", "%3E", "a.b", "..%2f", "%0d%0a", "x", strings.ToUpper(private), private + "0", "%00"} {
			a := eve.call(one, verb.method, "/api/rooms/"+bad+verb.path, verb.body)
			if a.status != 400 && a.status != 404 {
				t.Errorf("%s %s %s: %d", verb.method, bad, verb.path, a.status)
			}
		}
		for name, token := range map[string]string{"none": "", "rubbish": "x.y.z", "refresh": eve.cookie.Value, "dots": strings.Repeat(".", 3000)} {
			a := one.call(t, verb.method, "/api/rooms/"+public+verb.path, verb.body, "Authorization", "Bearer "+token)
			if a.problem(t, 401, chat.Unauthenticated); a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: no WWW-Authenticate", name)
			}
		}
	}
	if now := w.lastSeqOf(events.Chat); now != last {
		t.Errorf("strangers put %d events into the log", now-last)
	}
}

func TestARoomIsMadeOncePerKey(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	key := chat.NewID()
	make := func(p *person, n *node, kind, name string) answer {
		return p.call(n, "POST", "/api/rooms", fmt.Sprintf(`{"kind":%q,"name":%q}`, kind, name), "Idempotency-Key", key)
	}
	first := into[chat.Room](t, make(ada, one, chat.Public, "Tea").must(t, 201))
	if again := into[chat.Room](t, make(ada, two, chat.Public, "Tea").must(t, 201)); again.ID != first.ID {
		t.Errorf("%s and %s", first.ID, again.ID)
	}
	make(ada, one, chat.Public, "Jam").problem(t, 422, chat.KeyReused)
	if other := into[chat.Room](t, make(bob, one, chat.Public, "Tea").must(t, 201)); other.ID == first.ID {
		t.Error("bob's room is ada's")
	}
	ada.call(one, "POST", "/api/rooms", `{"kind":"public","name":"x"}`, "Idempotency-Key", "x").problem(t, 400, chat.BadKey)
	for _, body := range []string{`{"kind":"direct","name":"x"}`, `{"kind":"secret","name":"x"}`} {
		ada.call(one, "POST", "/api/rooms", body).problem(t, 400, chat.BadRequest)
	}
	for _, name := range []string{"", " x", "a  b", "a\u202eb", "\u200b", strings.Repeat("x", 65), "a\tb"} {
		ada.call(one, "POST", "/api/rooms", fmt.Sprintf(`{"kind":"public","name":%q}`, name)).must(t, 400)
	}
}

func TestTwoPeopleAlwaysGetTheSameDirectRoom(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), two.join(t, "bob")
	a := into[chat.Room](t, ada.call(one, "POST", "/api/rooms/direct", `{"name":"Bob"}`).must(t, 200))
	b := into[chat.Room](t, bob.call(two, "POST", "/api/rooms/direct", `{"name":"ADA"}`).must(t, 200))
	if a.ID != b.ID || a.Peer.ID != bob.id || b.Peer.ID != ada.id || a.Kind != chat.Direct {
		t.Errorf("%+v and %+v", a, b)
	}
	ada.call(one, "POST", "/api/rooms/direct", `{"name":"ada"}`).problem(t, 409, chat.Conflict)
	ada.call(one, "POST", "/api/rooms/direct", `{"name":"nobody"}`).problem(t, 404, chat.NotFound)
	ada.call(one, "POST", "/api/rooms/direct", `{"name":"* >"}`).problem(t, 404, chat.NotFound)
	ada.call(one, "POST", "/api/rooms/"+a.ID+"/leave", "").problem(t, 409, chat.Conflict)
}

// With no persister the list shows what was said a moment ago, and with one
// that has come half way, too.
func TestMyRoomsAreTheSameHoweverFarBehindThePersisterIs(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	tea, jam := ada.makes(one, chat.Public, "Tea").ID, ada.makes(one, chat.Public, "Jam").ID
	ada.posts(one, tea, "before bob")
	bob.enters(one, tea)
	bob.enters(one, jam)
	mark := ada.posts(one, tea, "read by bob @bob").Seq
	ada.posts(one, tea, "two @bob")
	half := ada.posts(one, tea, "three").Seq
	bob.call(one, "PUT", "/api/rooms/"+tea+"/read", fmt.Sprintf(`{"seq":%d}`, mark)).must(t, 200)
	bob.posts(one, tea, "own")
	ada.posts(one, jam, "jam")
	newest := ada.posts(one, tea, "four @bob").Seq
	w.raw(events.Chat.Subject(tea), "{}")

	check := func(stored string, read uint64, unread, mentions int) {
		t.Helper()
		list := into[RoomList](t, bob.call(two, "GET", "/api/rooms", "").must(t, 200))
		if len(list.Rooms) != 3 {
			t.Fatalf("%s: %d rooms", stored, len(list.Rooms))
		}
		first, second := list.Rooms[0], list.Rooms[1]
		if first.ID != tea || second.ID != jam {
			t.Errorf("%s: order %s, %s", stored, first.Name, second.Name)
		}
		if first.Last == nil || first.Last.Seq != newest || first.Read != read || first.Unread != unread || first.Mentions != mentions {
			t.Errorf("%s: last %+v read %d unread %d mentions %d; want %d, %d, %d", stored, first.Last, first.Read, first.Unread, first.Mentions, read, unread, mentions)
		}
		if second.Unread != 1 || second.Mentions != 0 {
			t.Errorf("%s: jam unread %d", stored, second.Unread)
		}
	}
	check("nothing", mark, 3, 2)
	w.persistUpTo(half)
	check("half", mark, 3, 2)
	w.persist()
	check("all", mark, 3, 2)
}

func TestALongTailIsCountedToAHundred(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	tea := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, tea)
	var bodies []string
	for i := range 260 {
		bodies = append(bodies, string(posted(ada, tea, chat.NewID(), fmt.Sprint(i)).Encode()))
	}
	w.raw(events.Chat.Subject(tea), bodies...)
	last := w.lastSeqOf(events.Chat)
	for range 2 {
		room := into[RoomList](t, bob.call(one, "GET", "/api/rooms", "").must(t, 200)).Rooms[0]
		if room.Unread != chat.UnreadCounted || room.Last == nil || room.Last.Seq != last {
			t.Errorf("unread %d, last %+v, want %d", room.Unread, room.Last, last)
		}
		w.persist()
	}
}

func TestMarkersNeverLieInTheFuture(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	seq := ada.posts(one, room, "hello").Seq
	put := func(n uint64) answer {
		return ada.call(one, "PUT", "/api/rooms/"+room+"/read", fmt.Sprintf(`{"seq":%d}`, n))
	}
	if ack := into[Ack](t, put(seq).must(t, 200)); ack.Seq != seq || ack.Message != "" {
		t.Errorf("%+v", ack)
	}
	for _, future := range []uint64{seq + 1, 1 << 62, 1<<64 - 1} {
		put(future).problem(t, 400, chat.BadPosition)
	}
	if n := w.lastSeqOf(events.Reads); n != 1 {
		t.Errorf("%d markers in the log", n)
	}
}

func TestListsOfRoomsAndMembersArePaged(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	var names []string
	for i := range 5 {
		names = append(names, fmt.Sprintf("Room %d", i))
		ada.makes(one, chat.Public, names[i])
	}
	ada.makes(one, chat.Private, "Room 9")
	var got []string
	for after := ""; ; {
		list := into[PublicList](t, ada.call(one, "GET", "/api/rooms/public?query=room&limit=2&after="+after, "").must(t, 200))
		for _, room := range list.Rooms {
			got = append(got, room.Name)
		}
		if after = list.Next; after == "" {
			break
		}
	}
	if !slices.Equal(got, names) {
		t.Errorf("public rooms %v", got)
	}
	lobby := into[RoomList](t, ada.call(one, "GET", "/api/rooms", "").must(t, 200)).Rooms
	room := lobby[len(lobby)-1].ID
	for _, name := range []string{"bob", "carol", "dan"} {
		one.join(t, name)
	}
	got = nil
	for after := ""; ; {
		list := into[MemberList](t, ada.call(one, "GET", "/api/rooms/"+room+"/members?limit=3&after="+after, "").must(t, 200))
		for _, m := range list.Members {
			got = append(got, m.Name)
		}
		if after = list.Next; after == "" {
			break
		}
	}
	if !slices.Equal(got, []string{"ada", "bob", "carol", "dan"}) {
		t.Errorf("members %v", got)
	}
	for _, query := range []string{"?after=x", "?after=*", "?query=%00", "?query=%ff", "?limit=1000", "?query=" + strings.Repeat("x", 201)} {
		ada.call(one, "GET", "/api/rooms/public"+query, "").problem(t, 400, chat.BadRequest)
	}
	ada.call(one, "GET", "/api/rooms/"+room+"/members?after=%00", "").problem(t, 400, chat.BadRequest)
}
