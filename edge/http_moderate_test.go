package edge

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// house is a room with somebody of each kind, at two edges.
type house struct {
	*world
	one, two                   *node
	owner, mod, plain, outside *person
	room                       string
}

func newHouse(t *testing.T, kind string) *house {
	t.Helper()
	w := newWorld(t)
	h := &house{world: w, one: w.edge(), two: w.edge()}
	natters := h.one.join(t, "natter") // the first is an owner of natter's
	_ = natters
	h.owner, h.mod, h.plain, h.outside = h.one.join(t, "olga"), h.one.join(t, "mod"), h.two.join(t, "paul"), h.two.join(t, "out")
	h.room = h.owner.makes(h.one, kind, "House").ID
	for _, p := range []*person{h.mod, h.plain} {
		if kind == chat.Private {
			h.owner.call(h.one, "POST", "/api/rooms/"+h.room+"/invitations", fmt.Sprintf(`{"name":%q}`, p.name)).must(t, 204)
		}
		p.enters(h.one, h.room)
	}
	h.owner.does(h.one, "PUT", h.room, "/members/"+h.mod.id+"/role", `{"role":"moderator"}`).must(t, 204)
	return h
}

// does calls what stands under a room.
func (p *person) does(n *node, method, room, path, body string) answer {
	p.t.Helper()
	return p.call(n, method, "/api/rooms/"+room+path, body)
}

// says posts as a retry would, by its key.
func (p *person) says(n *node, room, key, text string) answer {
	p.t.Helper()
	return p.postsAs(n, room, key, text)
}

func TestWhatTakesARoleIsForbiddenWithoutIt(t *testing.T) {
	h := newHouse(t, chat.Private)
	for _, c := range []struct {
		method, path, body string
		takes              chat.Role
	}{
		{"PATCH", "", `{"topic":"Bees"}`, chat.Moderator},
		{"PATCH", "", `{"slow":0}`, chat.Moderator},
		{"PATCH", "", `{"capacity":100}`, chat.Owner},
		{"PATCH", "", `{"kind":"private"}`, chat.Owner},
		{"PUT", "/archived", `{"archived":false}`, chat.Owner},
		{"PUT", "/members/" + h.plain.id + "/role", `{"role":"member"}`, chat.Owner},
		{"PUT", "/members/" + h.plain.id + "/muted", `{"minutes":0}`, chat.Moderator},
		{"GET", "/bans", "", chat.Moderator},
		{"DELETE", "/bans/" + h.outside.id, "", chat.Moderator},
		{"PUT", "/bans/" + h.outside.id, `{"reason":"no"}`, chat.Moderator},
		{"GET", "/links", "", chat.Moderator},
		{"POST", "/links", `{"uses":1,"expires_in_days":1}`, chat.Moderator},
	} {
		nothing := h.outside.does(h.two, c.method, chat.NewID(), c.path, c.body).hidden(t)
		if got := h.outside.does(h.two, c.method, h.room, c.path, c.body).hidden(t); got != nothing {
			t.Errorf("%s %s for a stranger: %s", c.method, c.path, got)
		}
		h.plain.does(h.two, c.method, h.room, c.path, c.body).problem(t, 403, chat.Forbidden)
		if a := h.mod.does(h.two, c.method, h.room, c.path, c.body); (a.status < 300) != (c.takes == chat.Moderator) {
			t.Errorf("%s %s for a moderator: %d %s", c.method, c.path, a.status, a.body)
		}
		if a := h.owner.does(h.two, c.method, h.room, c.path, c.body); a.status >= 300 {
			t.Errorf("%s %s for the owner: %d %s", c.method, c.path, a.status, a.body)
		}
	}
	for _, user := range []string{h.owner.id, h.mod.id} { // nobody decides about their equals
		h.mod.does(h.one, "DELETE", h.room, "/members/"+user, "").must(t, map[bool]int{true: 409, false: 403}[user == h.mod.id])
	}
	h.owner.does(h.one, "DELETE", h.room, "/members/"+h.outside.id, `{"reason":"x"}`).problem(t, 404, chat.NotFound)
	h.owner.does(h.one, "POST", h.room, "/leave", "").problem(t, 409, chat.Conflict)
}

// What a room forbids is forbidden on both transports and at every edge, from
// the event on, and a moderator may all the same.
func TestWhatARoomForbidsIsForbiddenOnEveryTransport(t *testing.T) {
	h := newHouse(t, chat.Public)
	sockets := map[*node]*socket{h.one: h.plain.connects(h.one), h.two: h.plain.connects(h.two)}
	for _, s := range sockets {
		s.follows(h.room, "")
	}
	refused := func(status int, code chat.Code) {
		t.Helper()
		for n, s := range sockets {
			testenv.Until(t, "the edge has heard "+string(code), func() bool {
				return h.plain.postsAs(n, h.room, chat.NewID(), "x").status == status
			})
			h.plain.postsAs(n, h.room, chat.NewID(), "x").problem(t, status, code)
			s.sends(postFrame{Op: "post", ID: 7, Room: h.room, Key: chat.NewID(), Text: "x"})
			if f := s.hears("error"); f.code() != string(code) {
				t.Errorf("the socket was told %s, not %s", f.Code, code)
			}
		}
	}
	for _, c := range []struct {
		who          *person
		method, path string
		on, off      string
		status       int
		code         chat.Code
		moderators   bool
	}{
		{h.mod, "PUT", "/members/" + h.plain.id + "/muted", `{"minutes":5}`, `{"minutes":0}`, 403, chat.Muted, true},
		{h.owner, "PATCH", "", `{"kind":"announcement"}`, `{"kind":"public"}`, 403, chat.ReadOnly, true},
		{h.owner, "PUT", "/archived", `{"archived":true}`, `{"archived":false}`, 409, chat.Archived, false},
	} {
		key := chat.NewID()
		first := into[Ack](t, h.plain.says(h.one, h.room, key, "before "+string(c.code)).must(t, 201))
		if a := c.who.does(h.one, c.method, h.room, c.path, c.on); a.status >= 300 {
			t.Fatalf("%s", a.body)
		}
		refused(c.status, c.code)
		// What was posted before is answered as it was.
		if again := into[Ack](t, h.plain.says(h.two, h.room, key, "before "+string(c.code)).must(t, 201)); again != first {
			t.Errorf("%s: %+v and %+v", c.code, first, again)
		}
		if a := h.mod.postsAs(h.two, h.room, chat.NewID(), "I may"); (a.status == 201) != c.moderators {
			t.Errorf("%s: a moderator got %d", c.code, a.status)
		}
		c.who.does(h.two, c.method, h.room, c.path, c.off)
		testenv.Until(t, "they may again", func() bool {
			return h.plain.postsAs(h.one, h.room, chat.NewID(), "x").status == 201 && h.plain.postsAs(h.two, h.room, chat.NewID(), "x").status == 201
		})
	}
}

func TestSlowModeGivesOneTurnOverAllEdges(t *testing.T) {
	h := newHouse(t, chat.Public)
	h.mod.does(h.one, "PATCH", h.room, "", `{"slow":3600}`).must(t, 200)
	keys := make([]string, 12)
	answers := make(chan answer, len(keys))
	for i := range keys {
		keys[i] = chat.NewID()
		n := map[bool]*node{true: h.one, false: h.two}[i%2 == 0]
		go func() { answers <- h.plain.postsAs(n, h.room, keys[i], fmt.Sprint(i)) }()
	}
	posted := 0
	for range keys {
		switch a := <-answers; a.status {
		case 201:
			posted++
		case 429:
			if p := a.problem(t, 429, chat.SlowMode); p.Detail == "" || a.header.Get("Retry-After") == "" {
				t.Errorf("%s", a.body)
			}
		default:
			t.Errorf("%d %s", a.status, a.body)
		}
	}
	if posted != 1 {
		t.Errorf("%d of %d posts had their turn", posted, len(keys))
	}
	again := 0 // of all retries that one is answered, at each edge
	for i, key := range keys {
		for _, n := range []*node{h.one, h.two} {
			if h.plain.postsAs(n, h.room, key, fmt.Sprint(i)).status == 201 {
				again++
			}
		}
	}
	if again != 2 {
		t.Errorf("%d retries were answered, not 2", again)
	}
	for range 3 {
		h.mod.posts(h.two, h.room, "moderators wait for nobody")
	}
	s := h.plain.connects(h.one)
	s.sends(postFrame{Op: "post", ID: 7, Room: h.room, Key: chat.NewID(), Text: "x"})
	if f := s.hears("error"); f.code() != string(chat.SlowMode) || f.Retry < 1000 {
		t.Errorf("%+v", f)
	}
}

// Whoever was removed or banned gets the event of it and nothing after, wherever
// they listen, and then there is no room.
func TestWhoWasRemovedReceivesNothingAfterIt(t *testing.T) {
	h := newHouse(t, chat.Private)
	for round, gone := range []struct{ method, path, body, how string }{
		{"DELETE", "/members/" + h.plain.id, `{"reason":"Enough"}`, events.LeftRemoved},
		{"PUT", "/bans/" + h.plain.id, `{"reason":"Enough","minutes":9}`, events.LeftBanned},
	} {
		position := h.plain.reads(h.two, h.room, "").Position
		s := h.plain.connects(h.two)
		s.follows(h.room, position)
		polled := make(chan Follow, 1)
		go func() { polled <- h.plain.follows(h.two, h.room, position, "20") }()
		testenv.Until(t, "the long poll waits", func() bool {
			h.two.hub.mu.RLock()
			topic := h.two.hub.topics[events.Chat.Subject(h.room)]
			h.two.hub.mu.RUnlock()
			topic.mu.Lock()
			defer topic.mu.Unlock()
			return topic.stirred != nil
		})
		h.mod.does(h.one, gone.method, h.room, gone.path, gone.body).must(t, 204)
		h.mod.posts(h.one, h.room, "secret")
		for {
			f := s.next()
			if f.Op == "unsubscribed" && f.Reason == endLeft {
				break
			}
			if f.Op != "event" || f.text(t) == "secret" {
				t.Fatalf("round %d: heard %+v", round, f)
			}
			if !strings.Contains(string(f.Event), gone.how) || !strings.Contains(string(f.Event), "Enough") {
				t.Errorf("round %d: %s", round, f.Event)
			}
		}
		s.sends(pingFrame{Op: "ping", ID: 9})
		s.hears("pong")
		if a := s.follows(h.room, position); a.Op != "error" || a.code() != string(chat.NotFound) {
			t.Errorf("round %d: subscribing again: %+v", round, a)
		}
		if found := <-polled; len(found.Events) > 1 || len(found.Events) == 1 && strings.Contains(string(found.Events[0].Event), "secret") {
			t.Errorf("round %d: the long poll brought %+v", round, found)
		}
		for _, path := range []string{"", "/messages", "/members", "/events?after=" + position, "/bans", "/links"} {
			h.plain.does(h.one, "GET", h.room, path, "").problem(t, 404, chat.NotFound)
			h.plain.does(h.two, "GET", h.room, path, "").problem(t, 404, chat.NotFound)
		}
		h.plain.postsAs(h.two, h.room, chat.NewID(), "x").problem(t, 404, chat.NotFound)
		if round == 0 {
			h.owner.does(h.one, "POST", h.room, "/invitations", `{"name":"paul"}`).must(t, 204)
			h.plain.enters(h.two, h.room)
		}
	}
	link := into[NewLink](t, h.mod.does(h.one, "POST", h.room, "/links", `{"uses":5,"expires_in_days":1}`).must(t, 201))
	_, secret, _ := strings.Cut(link.Link, "/#/join/")
	join := func(p *person) answer {
		return p.call(h.two, "POST", "/api/rooms/join", fmt.Sprintf(`{"link":%q}`, secret))
	}
	if p := join(h.plain).problem(t, 403, chat.Banned); !strings.Contains(p.Detail, "Enough") || !strings.Contains(p.Detail, " until 20") {
		t.Errorf("%+v", p)
	} else if left := time.Until(p.Ban.Until); p.Ban.Reason != "Enough" || left < 5*time.Minute || left > 9*time.Minute {
		t.Errorf("told of a ban of 9 minutes: %+v", p.Ban)
	}
	h.plain.does(h.one, "POST", h.room, "/join", "").problem(t, 403, chat.Banned)
	h.mod.does(h.one, "POST", h.room, "/invitations", `{"name":"paul"}`).problem(t, 409, chat.Conflict)
	if list := into[BanList](t, h.mod.does(h.two, "GET", h.room, "/bans", "").must(t, 200)); len(list.Items) != 1 || list.Items[0].User.ID != h.plain.id || list.Items[0].By.ID != h.mod.id {
		t.Errorf("%+v", list)
	}
	h.mod.does(h.two, "DELETE", h.room, "/bans/"+h.plain.id, "").must(t, 204)
	join(h.plain).must(t, 200)
	secret = link.Link // the whole of it
	join(h.outside).must(t, 200)
	h.owner.does(h.one, "DELETE", h.room, "/links/"+link.Item.ID, "").must(t, 204)
	h.owner.does(h.one, "DELETE", h.room, "/members/"+h.outside.id, "").must(t, 204)
	join(h.outside).problem(t, 403, chat.BadInvitation)
}
