package edge

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

func TestAHundredRetriesOverBothEdgesAreOneMessageAndEqualAnswers(t *testing.T) {
	w := newWorld(t)
	edges := []*node{w.edge(), w.edge()}
	ada := edges[0].join(t, "ada")
	room := ada.makes(edges[0], chat.Public, "Tea").ID
	before := len(w.inRoom(room))
	key := chat.NewID()
	answers := make([]answer, 100)
	var all sync.WaitGroup
	for i := range answers {
		all.Go(func() { answers[i] = ada.postsAs(edges[i%2], room, key, "once & for all") })
	}
	all.Wait()
	for _, a := range answers {
		if a.must(t, 201); !bytes.Equal(a.body, answers[0].body) {
			t.Fatalf("%s and %s", a.body, answers[0].body)
		}
	}
	if n := len(w.inRoom(room)); n != before+1 {
		t.Errorf("the log holds %d messages", n-before)
	}
	w.persist()
	if a := ada.postsAs(edges[1], room, key, "once & for all"); !bytes.Equal(a.body, answers[0].body) {
		t.Errorf("when stored: %s", a.body)
	}
	ada.postsAs(edges[0], room, key, "once and for all").problem(t, 422, chat.KeyReused)
	header := ada.call(edges[0], "POST", "/api/rooms/"+room+"/messages", `{"text":"once & for all"}`, "Idempotency-Key", key)
	if header.must(t, 201); !bytes.Equal(header.body, answers[0].body) {
		t.Errorf("with the key in the header: %s", header.body)
	}
}

// The broker forgets keys after two minutes. Here it never knew them.
func TestAnOldKeyIsLookedUpInTheLogAndInTheTables(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	key := clientKey(time.Now().Add(-time.Hour))
	w.raw(events.Chat.Subject(room), string(posted(ada, room, key, "an hour ago").Encode()))
	count := len(w.inRoom(room))
	first := ada.postsAs(one, room, key, "an hour ago").must(t, 201)
	if ack := into[Ack](t, first); ack.Seq != w.lastSeqOf(events.Chat) || ack.Message != chat.MessageID(ada.id, room, key) {
		t.Errorf("from the log: %+v", ack)
	}
	ada.postsAs(one, room, key, "something else").problem(t, 422, chat.KeyReused)
	w.persist()
	if again := ada.postsAs(one, room, key, "an hour ago"); !bytes.Equal(again.body, first.body) {
		t.Errorf("from the tables: %s, before %s", again.body, first.body)
	}
	ada.postsAs(one, room, key, "something else").problem(t, 422, chat.KeyReused)
	if n := len(w.inRoom(room)); n != count {
		t.Errorf("%d messages were posted again", n-count)
	}
	// An old key that stands for nothing is posted, once.
	fresh := clientKey(time.Now().Add(-2 * time.Hour))
	a, b := ada.postsAs(one, room, fresh, "late"), ada.postsAs(one, room, fresh, "late")
	if a.must(t, 201); !bytes.Equal(a.body, b.body) || len(w.inRoom(room)) != count+1 {
		t.Errorf("%s, %s, %d entries", a.body, b.body, len(w.inRoom(room)))
	}
}

func TestTheSameKeyOfAnotherSenderOrRoomIsAnotherMessage(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	tea, jam := ada.makes(one, chat.Public, "Tea").ID, ada.makes(one, chat.Public, "Jam").ID
	bob.enters(one, tea)
	key := chat.NewID()
	seen := map[string]bool{}
	for _, a := range []answer{ada.postsAs(one, tea, key, "a"), bob.postsAs(one, tea, key, "b"), ada.postsAs(one, jam, key, "c")} {
		seen[into[Ack](t, a.must(t, 201)).Message] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d messages", len(seen))
	}
}

func TestMentionsAreMembersOnlyAndNeverTheAuthor(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob, eve := one.join(t, "ada"), one.join(t, "Bob"), one.join(t, "eve")
	room := ada.makes(one, chat.Private, "Tea").ID
	ada.call(one, "POST", "/api/rooms/"+room+"/invitations", `{"name":"bob"}`).must(t, 204)
	bob.enters(one, room)
	ack := ada.posts(one, room, "@bob @BOB @ada @eve @nobody bob@eve")
	data := dataAt[events.MessagePostedData](t, w, ack.Seq)
	if len(data.Mentions) != 1 || data.Mentions[0] != (events.Person{ID: bob.id, Name: "Bob"}) {
		t.Errorf("mentions %+v", data.Mentions)
	}
	if data.Room != "Tea" || data.Direct != nil {
		t.Errorf("room name %q, direct %v", data.Room, data.Direct)
	}
	direct := into[chat.Room](t, ada.call(one, "POST", "/api/rooms/direct", `{"name":"EVE"}`).must(t, 200))
	data = dataAt[events.MessagePostedData](t, w, ada.posts(one, direct.ID, "hello").Seq)
	if data.Direct == nil || data.Direct.ID != eve.id || data.Room != "" {
		t.Errorf("direct %+v, room name %q", data.Direct, data.Room)
	}
}

func TestAPostsTraceTravelsWithIt(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	entry, err := w.log.Get(t.Context(), events.Chat, ada.posts(one, ada.makes(one, chat.Public, "Tea").ID, "hello").Seq)
	if err != nil || len(events.TraceID(entry.Trace)) != 32 {
		t.Errorf("trace %q, %v", entry.Trace, err)
	}
}

func TestBadPostsLeaveNothingInTheLog(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	path, last := "/api/rooms/"+room+"/messages", w.lastSeqOf(events.Chat)
	good := func(text string) string { return fmt.Sprintf(`{"key":%q,"text":%q}`, chat.NewID(), text) }
	withKey := func(key string) string { return fmt.Sprintf(`{"key":%q,"text":"x"}`, key) }
	for name, bad := range map[string]struct {
		body  string
		code  chat.Code
		field string
	}{
		"empty text":     {good(""), chat.BadText, "text"},
		"blank text":     {good(" \t\u3000"), chat.BadText, "text"},
		"8001 bytes":     {good(strings.Repeat("x", 8001)), chat.BadText, "text"},
		"no text":        {`{"key":"` + chat.NewID() + `"}`, chat.BadRequest, "text"},
		"no key":         {`{"text":"x"}`, chat.BadKey, "key"},
		"empty key":      {withKey(""), chat.BadKey, "key"},
		"UUIDv4":         {withKey("0197ab00-0000-4000-8000-000000000001"), chat.BadKey, "key"},
		"upper case":     {withKey(strings.ToUpper(chat.NewID())), chat.BadKey, "key"},
		"future key":     {withKey(clientKey(time.Now().Add(time.Minute))), chat.BadKey, "key"},
		"key of 64 more": {withKey(strings.Repeat("a", 65)), chat.BadRequest, "key"},
		"number":         {`{"key":1,"text":"x"}`, chat.BadRequest, "key"},
		"list":           {`[]`, chat.BadRequest, ""},
		"text":           {`"x"`, chat.BadRequest, ""},
		"unknown name":   {`{"key":"` + chat.NewID() + `","text":"x","txet":"y"}`, chat.BadRequest, "txet"},
	} {
		t.Run(name, func(t *testing.T) {
			p := ada.call(one, "POST", path, bad.body).problem(t, 400, bad.code)
			if bad.field != "" && (len(p.Errors) == 0 || p.Errors[0].Field != bad.field) {
				t.Errorf("errors %+v, want field %s", p.Errors, bad.field)
			}
		})
	}
	for name, bad := range badJSONBodies() {
		t.Run(name, func(t *testing.T) { ada.call(one, "POST", path, bad.body+" ").problem(t, 400, chat.BadRequest) })
	}
	ada.call(one, "POST", path, `{"key":"`+chat.NewID()+`","text":"x"}`, "Idempotency-Key", chat.NewID()).problem(t, 400, chat.BadKey)
	if now := w.lastSeqOf(events.Chat); now != last {
		t.Errorf("the log grew by %d", now-last)
	}
}

func TestAPosterWhoIsTooFastWaits(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.PostsPerSecond = 0.1 }) // a burst of one
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	ada.posts(one, room, "one")
	a := ada.postsAs(one, room, chat.NewID(), "two")
	a.problem(t, 429, chat.RateLimited)
	if a.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// dataAt returns the payload of an event in the log.
func dataAt[T any](t *testing.T, w *world, seq uint64) T {
	t.Helper()
	entry, err := w.log.Get(t.Context(), events.Chat, seq)
	if err != nil {
		t.Fatal(err)
	}
	ev, err := entry.Event()
	if err != nil {
		t.Fatal(err)
	}
	data, err := events.DataOf[T](ev)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
