package edge

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// refresh sends the cookie as a browser would from natter's own page. Whatever
// edge set it, this one understands it: only its name has the port.
func (p *person) refresh(n *node, headers ...string) answer {
	p.t.Helper()
	name := "natter_refresh_" + n.url[strings.LastIndex(n.url, ":")+1:]
	all := append([]string{"Cookie", name + "=" + p.cookie.Value, "Origin", n.url}, headers...)
	return n.call(p.t, "POST", "/api/session/refresh", "", all...)
}

func TestSigningUpLoggingInAndRefreshing(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "Ada")
	me := into[Me](t, ada.call(one, "GET", "/api/me", "").must(t, 200))
	if me.User != (events.Person{ID: ada.id, Name: "Ada"}) || me.Account == nil || me.Account.Email != ada.email || me.Account.Role != chat.Owner || me.Session != ada.session || time.Since(me.Time) > time.Minute {
		t.Errorf("%+v", me)
	}
	first := ada.session
	ada.entered(one.call(t, "POST", "/api/login", `{"name":"aDA","password":"correct horse"}`).must(t, 200))
	if ada.session == first || ada.name == "" {
		t.Error("a log-in is no session of its own")
	}
	before, id := ada.token, ada.session
	ada.entered(ada.refresh(one).must(t, 200))
	if ada.session != id || ada.token == before {
		t.Error("a refresh continues the session with another token")
	}
	for _, body := range []string{`{"name":"ada","password":"wrong horse"}`, `{"name":"nobody","password":"correct horse"}`, `{"name":"* >","password":"x"}`,
		fmt.Sprintf(`{"name":"ada","password":%q}`, strings.Repeat("x", 1000))} {
		if p := one.call(t, "POST", "/api/login", body).problem(t, 401, chat.WrongCredentials); p.Detail != "The name or the password is wrong." {
			t.Errorf("%s tells %q", body, p.Detail)
		}
	}
}

func TestTheRefreshCookieIsForNattersOwnPageOnly(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.Origins = []string{"https://chat.example.org"} })
	ada := one.join(t, "ada")
	port := one.url[strings.LastIndex(one.url, ":")+1:]
	if c := ada.cookie; c.Name != "natter_refresh_"+port || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/api/session" || c.Secure || c.MaxAge < 86400 {
		t.Errorf("cookie %+v", c)
	}
	cookie := ada.cookie.Name + "=" + ada.cookie.Value
	for name, headers := range map[string][]string{
		"neither":         nil,
		"foreign":         {"Origin", "http://evil.example"},
		"null":            {"Origin", "null"},
		"another port":    {"Origin", "http://127.0.0.1:1"},
		"another scheme":  {"Origin", "https" + strings.TrimPrefix(one.url, "http")},
		"with a path":     {"Origin", one.url + "/"},
		"with a user":     {"Origin", "http://x@" + strings.TrimPrefix(one.url, "http://")},
		"same site only":  {"Sec-Fetch-Site", "same-site"},
		"cross site":      {"Sec-Fetch-Site", "cross-site"},
		"none":            {"Sec-Fetch-Site", "none"},
		"both, disagree":  {"Origin", "http://evil.example", "Sec-Fetch-Site", "same-origin"},
		"forwarded proto": {"Origin", "https" + strings.TrimPrefix(one.url, "http"), "X-Forwarded-Proto", "https"},
	} {
		t.Run(name, func(t *testing.T) {
			one.call(t, "POST", "/api/session/refresh", "", append(headers, "Cookie", cookie)...).problem(t, 403, chat.Forbidden)
		})
	}
	for name, headers := range map[string][]string{
		"own":   {"Origin", one.url},
		"named": {"Origin", "https://chat.example.org"},
		"fetch": {"Sec-Fetch-Site", "same-origin"},
	} {
		t.Run(name, func(t *testing.T) {
			a := one.call(t, "POST", "/api/session/refresh", "", append(headers, "Cookie", cookie)...).must(t, 200)
			cookie = strings.SplitN(a.header.Get("Set-Cookie"), ";", 2)[0]
		})
	}
	one.call(t, "POST", "/api/session/refresh", "", "Origin", one.url).problem(t, 401, chat.Unauthenticated)
	for _, value := range []string{"x", ada.token, strings.Repeat(".", 5000)} {
		one.call(t, "POST", "/api/session/refresh", "", "Origin", one.url, "Cookie", ada.cookie.Name+"="+value).problem(t, 401, chat.Unauthenticated)
	}
}

func TestOverHTTPSTheCookieIsBoundToTheHost(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.TrustedProxies = []string{"127.0.0.1"} })
	one.join(t, "ada")
	a := one.call(t, "POST", "/api/login", `{"name":"ada","password":"correct horse"}`, "Host", "chat.example.org", "X-Forwarded-Proto", "https").must(t, 200)
	c := (&http.Response{Header: a.header}).Cookies()[0]
	if c.Name != "__Host-natter_refresh" || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteStrictMode {
		t.Errorf("%+v", c)
	}
	for host, name := range map[string]string{"chat.example.org:443": "__Host-natter_refresh", "chat.example.org:8443": "__Host-natter_refresh_8443"} {
		a := one.call(t, "POST", "/api/login", `{"name":"ada","password":"correct horse"}`, "Host", host, "X-Forwarded-Proto", "https").must(t, 200)
		if c := (&http.Response{Header: a.header}).Cookies()[0]; c.Name != name {
			t.Errorf("at %s the cookie is called %q", host, c.Name)
		}
	}
	for _, planted := range []string{"natter_refresh", "natter_refresh_443"} { // by a neighbour, or by who stands between
		one.call(t, "POST", "/api/session/refresh", "", "Host", "chat.example.org", "X-Forwarded-Proto", "https", "Origin", "https://chat.example.org",
			"Cookie", planted+"="+c.Value).problem(t, 401, chat.Unauthenticated)
	}
	one.call(t, "POST", "/api/session/refresh", "", "Host", "chat.example.org", "X-Forwarded-Proto", "https", "Origin", "https://chat.example.org",
		"Cookie", c.Name+"="+c.Value).must(t, 200)
}

func TestALogoutIsRefusedEverywhereAfterwards(t *testing.T) {
	w := newWorld(t)
	edges := []*node{w.edge(), w.edge()}
	ada := edges[0].join(t, "ada")
	a := ada.call(edges[0], "DELETE", "/api/session", "").must(t, 204)
	if c := (&http.Response{Header: a.header}).Cookies()[0]; c.MaxAge >= 0 || c.Value != "" || c.Name != ada.cookie.Name {
		t.Errorf("cookie %+v", c)
	}
	ada.call(edges[0], "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
	testenv.Until(t, "edge two refuses the token", func() bool { return ada.call(edges[1], "GET", "/api/me", "").status == 401 })
	late := w.edge() // it was not there when it happened
	for _, n := range append(edges, late) {
		ada.call(n, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
		ada.call(n, "POST", "/api/tickets", "").problem(t, 401, chat.Unauthenticated)
		ada.refresh(n).problem(t, 401, chat.Unauthenticated)
	}
	ada.call(edges[0], "DELETE", "/api/session", "").problem(t, 401, chat.Unauthenticated)
}

func TestAnOldRefreshTokenEndsTheSessionEverywhere(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	other := ada.again(two)
	stream := other.listens(two, "")
	stolen := *ada.cookie
	for range 2 {
		ada.entered(ada.refresh(one).must(t, 200))
	}
	thief := &person{t: t, cookie: &stolen}
	thief.refresh(one, "User-Agent", firefox).problem(t, 401, chat.Unauthenticated)
	ada.refresh(one).problem(t, 401, chat.Unauthenticated)
	ada.call(one, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
	testenv.Until(t, "edge two refuses the token", func() bool { return ada.call(two, "GET", "/api/me", "").status == 401 })
	told := stream.hears("notification").data
	if !strings.Contains(told, `"kind":"security"`) || strings.Contains(told, `"room"`) {
		t.Errorf("the stream tells %s", told)
	}
	for _, stored := range []bool{false, true} {
		if list := other.notified(two, ""); len(list.Items) != 1 || list.Unread != 1 || !strings.Contains(told, string(list.Items[0].Event)) {
			t.Errorf("stored %v: the list has %+v, %d unread", stored, list.Items, list.Unread)
		}
		if kinds, page := other.noted(two, ""); kinds[0] != events.NotedRefreshReuse || !strings.Contains(string(page.Items[0].Event), "Firefox on Linux") {
			t.Errorf("stored %v: noted %v", stored, kinds)
		}
		w.persist()
	}
	other.seen(two, seqOf(t, other.notified(two, "").Position), "").must(t, 204)
	w.persist()
	if list := other.notified(one, ""); list.Unread != 0 || !list.Items[0].Read {
		t.Errorf("it cannot be marked as read: %+v", list)
	}
}

func TestATicketWorksOnceOnAnyEdge(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	ticket := into[Ticket](t, ada.call(one, "POST", "/api/tickets", "").must(t, 200))
	if ticket.Expires != 30 {
		t.Errorf("%+v", ticket)
	}
	who, err := two.takeTicket(t.Context(), ticket.Ticket)
	if err != nil || who.User.ID != ada.id || who.Session != ada.session {
		t.Errorf("%+v, %v", who, err)
	}
	for _, bad := range []string{ticket.Ticket, "", "x", strings.Repeat("A", 32)} {
		if who, err := one.takeTicket(t.Context(), bad); !isCode(err, chat.Unauthenticated) {
			t.Errorf("%q: %+v, %v", bad, who, err)
		}
	}
}
