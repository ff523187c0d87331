package edge

import (
	"net/http"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
)

// Neither a cookie nor a token is needed for the harm: another site's page must
// not log its visitor in as somebody else, or reach an edge at home.
func TestNoOtherSitesPageMayWrite(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.Origins = []string{"https://Chat.example.org"} })
	ada := one.join(t, "ada")
	login := `{"name":"ada","password":"correct horse"}`
	foreign := map[string][]string{
		"cross-site":            {"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
		"cross-site, no origin": {"Sec-Fetch-Site", "cross-site"},
		"same-site":             {"Sec-Fetch-Site", "same-site", "Origin", one.url},
		"an old browser":        {"Origin", "https://evil.example"},
		"null":                  {"Origin", "null"},
		"another port":          {"Origin", "http://127.0.0.1:1"},
	}
	for name, headers := range foreign {
		t.Run(name, func(t *testing.T) {
			a := one.call(t, "POST", "/api/login", login, headers...)
			a.problem(t, 403, chat.Forbidden)
			if a.header.Get("Set-Cookie") != "" {
				t.Error("it was logged in")
			}
			ada.call(one, "DELETE", "/api/session", "", headers...).problem(t, 403, chat.Forbidden)
			ada.call(one, "POST", "/api/rooms", `{"kind":"public","name":"theirs"}`, headers...).problem(t, 403, chat.Forbidden)
			ada.call(one, "PUT", "/api/anything", "{}", headers...).problem(t, 403, chat.Forbidden)
		})
	}
	ada.call(one, "GET", "/api/me", "").must(t, 200) // nothing ended the session
	for name, headers := range map[string][]string{
		"a program":   nil,
		"its own":     {"Sec-Fetch-Site", "same-origin", "Origin", one.url},
		"an old one":  {"Origin", one.url},
		"a named one": {"Sec-Fetch-Site", "cross-site", "Origin", "https://chat.example.org"},
		"typed":       {"Sec-Fetch-Site", "none"},
	} {
		t.Run(name, func(t *testing.T) { one.call(t, "POST", "/api/login", login, headers...).must(t, 200) })
	}
}

// What another site's page may read is decided by its browser: natter never
// answers that it may, so neither a token nor an answer crosses.
func TestNoAnswerAllowsAnotherOrigin(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	for _, a := range []answer{
		one.call(t, "OPTIONS", "/api/me", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization"),
		one.call(t, "OPTIONS", "/api/notifications/stream", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "GET", "Access-Control-Request-Headers", "authorization"),
		ada.call(one, "GET", "/api/me", "", "Origin", "https://evil.example"),
		ada.call(one, "GET", "/api/notifications/stream", "", "Origin", "https://evil.example"),
		ada.call(one, "GET", "/api/notifications/stream", "", "Origin", "null"),
		ada.call(one, "GET", "/api/notifications/stream", "", "Origin", "https"+strings.TrimPrefix(one.url, "http")),
	} {
		for name := range a.header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %q", name, a.header.Values(name))
			}
		}
		if a.header.Get("Content-Type") == "text/event-stream" {
			t.Error("a stream was opened for a foreign origin")
		}
	}
}

// Whoever sends a request chooses its Host: a link that is handed on must not
// lead where a liar, or a careless proxy, says.
func TestALinkLeadsWhereTheOperatorSaysOrNowhereElse(t *testing.T) {
	for name, c := range map[string]struct{ public, host, want string }{
		"the operator says":         {"https://chat.example.org", "evil.example", "https://chat.example.org"},
		"on this machine":           {"", "127.0.0.1:8080", "http://127.0.0.1:8080"},
		"by its name":               {"", "localhost:8080", "http://localhost:8080"},
		"an origin that was named":  {"", "inner.example.org", "http://inner.example.org"},
		"anybody's host":            {"", "evil.example", ""},
		"a host that begins well":   {"", "127.0.0.1.evil.example", ""},
		"one with a user before it": {"", "127.0.0.1@evil.example", ""},
		"one with a path":           {"", "evil.example/127.0.0.1", ""},
		"none":                      {"", "", ""},
	} {
		e := &Edge{cfg: Config{PublicURL: c.public, Origins: []string{"http://inner.example.org"}}}
		if got := e.publicOrigin(&http.Request{Host: c.host}); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
