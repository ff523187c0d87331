package edge

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// program makes a personal access token and returns whoever uses it.
func (p *person) program(n *node, scopes ...string) *person {
	p.t.Helper()
	body, _ := json.Marshal(map[string]any{"name": "bot", "scopes": scopes, "password": "correct horse"})
	made := into[NewToken](p.t, p.call(n, "POST", "/api/tokens", string(body)).must(p.t, 201))
	return &person{t: p.t, name: p.name, id: p.id, session: made.Item.ID, token: made.Token}
}

func TestATokenIsShownOnceAndListedUntilItIsRevoked(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	made := into[NewToken](t, ada.call(one, "POST", "/api/tokens", `{"name":"My bot","scopes":["write","read","write"],"expires_in_days":7,"password":"correct horse"}`).must(t, 201))
	if !strings.HasPrefix(made.Token, "natter_pat_") || len(made.Token) != len("natter_pat_")+43 || made.Item.Name != "My bot" ||
		!slices.Equal(made.Item.Scopes, []chat.Scope{chat.ScopeRead, chat.ScopeWrite}) || time.Until(*made.Item.Expires).Round(time.Hour) != 7*24*time.Hour || made.Item.Used != nil {
		t.Errorf("%+v", made)
	}
	bot := &person{t: t, id: ada.id, token: made.Token, session: made.Item.ID}
	me := into[Me](t, bot.call(two, "GET", "/api/me", "").must(t, 200))
	if me.User.ID != ada.id || me.Session != made.Item.ID || me.Account != nil || !slices.Equal(me.Scopes, made.Item.Scopes) {
		t.Errorf("%+v", me)
	}
	if me := into[Me](t, ada.call(two, "GET", "/api/me", "").must(t, 200)); me.Scopes != nil || me.Account == nil {
		t.Errorf("a session has scopes, or no account: %+v", me)
	}
	two.personal.write(t.Context()) // instead of waiting for it
	listed := ada.call(one, "GET", "/api/tokens", "").must(t, 200)
	if list := into[TokenList](t, listed); len(list.Items) != 1 || list.Items[0].Used == nil || strings.Contains(string(listed.body), made.Token[20:]) {
		t.Errorf("%s", listed.body)
	}
	bob.call(one, "DELETE", "/api/tokens/"+made.Item.ID, "").problem(t, 404, chat.NotFound)
	socket, stream := bot.connects(two), bot.listens(two, "")
	ada.call(one, "DELETE", "/api/tokens/"+made.Item.ID, "").must(t, 204)
	if code, _ := socket.ends(); code != 4403 {
		t.Errorf("its socket was closed with %d", code)
	}
	if e := stream.next(); e.name != sseBye {
		t.Errorf("its stream: %+v", e)
	}
	for _, n := range []*node{one, two, w.edge()} {
		// An edge that knew it says what became of it; one that did not, that it is none.
		if p := bot.call(n, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated); !strings.Contains(p.Detail, "token") {
			t.Errorf("its program is told: %s", p.Detail)
		}
	}
	ada.call(one, "GET", "/api/me", "").must(t, 200)
	for _, body := range []string{`{"name":"x","scopes":[]}`, `{"name":"x","scopes":["root"]}`, `{"name":"","scopes":["read"]}`, `{"name":"x"}`,
		`{"name":"x","scopes":["read"],"expires_in_days":367}`, `{"name":"x","scopes":["read"],"expires_in_days":0}`} {
		ada.call(one, "POST", "/api/tokens", body).must(t, 400)
	}
}

// An access token that somebody got hold of must not become a lasting one.
func TestATokenIsMadeWithThePasswordOrSoonAfterALogin(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	for _, body := range []string{`{"name":"x","scopes":["read"]}`, `{"name":"x","scopes":["read"],"password":"wrong horse"}`} {
		p := ada.call(one, "POST", "/api/tokens", body).problem(t, 401, chat.WrongCredentials)
		if len(p.Errors) != 1 || p.Errors[0].Field != "password" {
			t.Errorf("%+v", p)
		}
	}
	bot := ada.program(one, "read")
	who := chat.Identity{Issuer: "https://id.example.org", Subject: "1", Names: []string{"eve"}}
	s, _, err := w.db.SignInElsewhere(t.Context(), who, chat.NewAccount{Admission: &chat.Admission{Mode: chat.ModeOpen}}, chat.Device{})
	if err != nil {
		t.Fatal(err)
	}
	eve := &person{t: t, id: s.User.ID, name: s.User.Name, session: s.ID}
	eve.token = w.token(t, w.secret, eve, 0)
	eve.call(one, "POST", "/api/tokens", `{"name":"x","scopes":["read"]}`).must(t, 201)

	// Nor does one outlive a reset.
	socket := bot.connects(two)
	f := into[Flow](t, one.call(t, "POST", "/api/password/forgot", `{"email":"`+ada.email+`"}`).must(t, 202))
	one.call(t, "POST", "/api/password/reset", resetWith(f.Flow, codeIn(t, w.letters.nth(t, ada.email, 2)))).must(t, 200)
	if code, bye := socket.ends(); code != 4403 || bye.Why != "password" {
		t.Errorf("its socket was closed with %d, %+v", code, bye)
	}
	bot.call(one, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
	bot.call(two, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
}

func TestATokenDoesWhatItsScopesSayOverHTTP(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	owner := one.join(t, "owner")
	room := owner.makes(one, chat.Public, "Tea").ID
	reader, writer, admin := owner.program(one, "read"), owner.program(one, "write"), owner.program(one, "admin")
	for _, c := range []struct {
		method, path, body string
		scope              chat.Scope
	}{
		{"GET", "/api/rooms", "", chat.ScopeRead},
		{"GET", "/api/rooms/" + room + "/messages", "", chat.ScopeRead},
		{"GET", "/api/notifications", "", chat.ScopeRead},
		{"POST", "/api/rooms/" + room + "/join", "", chat.ScopeWrite},
		{"POST", "/api/rooms/" + room + "/messages", `{"key":"` + chat.NewID() + `","text":"x"}`, chat.ScopeWrite},
		{"GET", "/api/people", "", chat.ScopeAdmin},
		{"GET", "/api/invitations", "", chat.ScopeAdmin},
	} {
		for scope, p := range map[chat.Scope]*person{chat.ScopeRead: reader, chat.ScopeWrite: writer, chat.ScopeAdmin: admin} {
			a := p.call(one, c.method, c.path, c.body)
			if scope == c.scope && a.status >= 300 {
				t.Errorf("%s %s with %s: %d %s", c.method, c.path, scope, a.status, a.body)
			} else if scope != c.scope {
				if p := a.problem(t, 403, chat.Forbidden); !strings.Contains(p.Detail, string(c.scope)) {
					t.Errorf("%q does not name the scope", p.Detail)
				}
			}
		}
	}
	all := owner.program(one, "read", "write", "admin")
	for _, c := range []string{"GET /api/tokens", "POST /api/tokens", "DELETE /api/tokens/" + all.session, "DELETE /api/session"} {
		method, path, _ := strings.Cut(c, " ")
		all.call(one, method, path, "").problem(t, 403, chat.Forbidden)
	}
	mod := one.join(t, "mod")
	owner.ranks(one, mod, chat.Moderator)
	mine := mod.program(one, "admin")
	mine.call(one, "GET", "/api/people", "").must(t, 200)
	owner.ranks(one, mod, chat.Plain)
	mine.call(one, "GET", "/api/people", "").problem(t, 404, chat.NotFound)
}

func TestATokenDoesWhatItsScopesSayOnASocket(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	post := func(id uint64) postFrame {
		return postFrame{Op: "post", ID: id, Room: room, Key: chat.NewID(), Text: "x"}
	}
	reader, writer := ada.program(one, "read"), ada.program(one, "write")

	s := reader.connects(one)
	if h := s.follows(room, ""); h.Op != "subscribed" {
		t.Errorf("%+v", h)
	}
	spaced, _ := json.MarshalIndent(post(8), "", " ") // past the decoder for plain posts
	for _, frame := range []any{post(7), spaced, readFrame{Op: "read", ID: 9, Room: room, Seq: 1}} {
		s.sends(frame)
		if h := s.hears("error"); h.code() != string(chat.Forbidden) || h.ID == 0 {
			t.Errorf("%+v", h)
		}
	}
	s.sends(pingFrame{Op: "ping", ID: 3})
	s.hears("pong")

	s = writer.connects(one)
	s.sends(post(1))
	s.hears("ack")
	s.sends(subscribeFrame{Op: "subscribe", ID: 2, Rooms: []roomFrom{{Room: room}}})
	if h := s.hears("error"); h.code() != string(chat.Forbidden) || h.ID != 2 {
		t.Errorf("%+v", h)
	}
	if a := writer.call(one, "GET", "/api/notifications/stream", ""); a.status != 403 {
		t.Errorf("a stream without the scope: %d", a.status)
	}
	ticket := into[Ticket](t, writer.call(one, "POST", "/api/tickets", "").must(t, 200))
	ws, _, err := one.tryDial("?ticket=" + url.QueryEscape(ticket.Ticket))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ws.Close() })
	s = &socket{t: t, ws: ws}
	s.hears("welcome")
	s.sends(subscribeFrame{Op: "subscribe", ID: 2, Rooms: []roomFrom{{Room: room}}})
	if h := s.hears("error"); h.code() != string(chat.Forbidden) {
		t.Errorf("a ticket may more than its token: %+v", h)
	}
}

// A socket with a token needs no newer one, and ends with it.
func TestASocketLastsAsLongAsItsToken(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	bot := ada.program(one, "read")
	s := one.dials(t)
	s.sends(authFrame{Op: "auth", ID: 1, Token: bot.token})
	_, raw, err := s.ws.ReadMessage()
	if err != nil || !strings.Contains(string(raw), `"welcome"`) || strings.Contains(string(raw), `"expires"`) {
		t.Fatalf("%s, %v", raw, err)
	}
	s.sends(authFrame{Op: "auth", ID: 2, Token: bot.token})
	s.hears("welcome")
	s.sends(authFrame{Op: "auth", ID: 3, Token: ada.token})
	if h := s.hears("error"); h.code() != string(chat.Conflict) {
		t.Errorf("%+v", h)
	}
	c := one.hub.conns.list(nil)[0]
	c.look(c.born+1, time.Now().Add(24*time.Hour).Unix())
	if c.isClosing() {
		t.Error("a socket of a token without an end was closed")
	}
	made := into[NewToken](t, ada.call(one, "POST", "/api/tokens", `{"name":"short","scopes":["read"],"expires_in_days":1,"password":"correct horse"}`).must(t, 201))
	short := (&person{t: t, token: made.Token}).connects(one)
	for _, c := range one.hub.conns.list(nil) {
		c.look(c.born+1, made.Item.Expires.Unix())
	}
	if code, _ := short.ends(); code != 4402 {
		t.Errorf("closed with %d", code)
	}
}

func TestWhatIsNoTokenIsRefused(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	good := ada.program(one, "read").token
	for _, bad := range []string{"natter_pat_", "natter_pat_x", good + "A", good[:len(good)-1], strings.ToUpper(good), good[:20] + "!" + good[21:],
		"natter_pat_" + strings.Repeat("A", 43), "natter_pat_" + strings.Repeat(".", 10_000), strings.TrimPrefix(good, "natter_pat_")} {
		(&person{t: t, token: bad}).call(one, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
	}
}

// What the log never told, or told too long ago, is found by asking.
func TestWhatATokenHasOpenIsCheckedNowAndThen(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	lost, late, kept := ada.program(one, "read"), ada.program(one, "read"), ada.program(one, "read")
	first, second, third := lost.connects(one), late.connects(one), kept.connects(one)
	revoke := func(p *person) { // the outbox keeps it
		if _, err := w.db.EndToken(t.Context(), events.Person{ID: ada.id}, p.session, chat.Device{}); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	watch := deafWatch{sessions: one.sessions, good: now, polled: now}
	hears := func() bool { return one.sessions.feed.Hearing() }
	testenv.Until(t, "the feed hears", hears)
	revoke(lost)
	watch.look(t.Context(), now.Add(recheckEvery-time.Second))
	if ended, _ := one.sessions.known(lost.session); ended {
		t.Error("it was asked for too soon: this shows nothing")
	}
	watch.look(t.Context(), now.Add(recheckEvery))
	if code, _ := first.ends(); code != 4403 {
		t.Errorf("closed with %d", code)
	}
	revoke(late)
	one.sessions.Reset(0) // something was missed
	testenv.Until(t, "the feed hears", hears)
	watch.look(t.Context(), now.Add(recheckEvery+pollEvery))
	if code, _ := second.ends(); code != 4403 {
		t.Errorf("closed with %d", code)
	}
	third.sends(pingFrame{Op: "ping", ID: 1})
	third.hears("pong")
}

type tokenStore Tokens // embedded by another name: it has a method Tokens

// frailTokens count who looks tokens up at the same time.
type frailTokens struct {
	tokenStore
	now, most atomic.Int32
	release   chan struct{}
}

func (f *frailTokens) TokenHolder(ctx context.Context, hash []byte) (chat.Principal, error) {
	n := f.now.Add(1)
	defer f.now.Add(-1)
	for most := f.most.Load(); n > most && !f.most.CompareAndSwap(most, n); most = f.most.Load() {
	}
	select {
	case <-f.release:
	case <-ctx.Done():
	}
	return chat.Principal{}, chat.Errorf(chat.Unauthenticated, "no")
}

func TestOnlyAFewLookTokensUpAtOnce(t *testing.T) {
	w := newWorld(t)
	tokens := &frailTokens{release: make(chan struct{})}
	one := w.edge(func(_ *Config, d *Deps) { tokens.tokenStore, d.Tokens = d.Tokens, tokens })
	var all sync.WaitGroup
	for range 10 * lookupsAtOnce {
		all.Go(func() {
			token, _ := auth.NewPersonal()
			if _, err := one.authenticate(t.Context(), "", token); !isCode(err, chat.Unauthenticated) {
				t.Error(err)
			}
		})
	}
	testenv.Until(t, "they ask", func() bool { return tokens.now.Load() == lookupsAtOnce })
	close(tokens.release)
	all.Wait()
	if most := tokens.most.Load(); most > lookupsAtOnce {
		t.Errorf("%d asked at once", most)
	}
}
