package edge

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
)

func TestOnlyAPathOfThisPageIsAPlaceToReturnTo(t *testing.T) {
	for _, bad := range []string{"", "x", "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "https:evil.example", "javascript:alert(1)",
		"///evil.example", "/\t/evil.example", "/\n/evil.example", " //evil.example", "/ /x", "/\u00e9", "/%zz", "/" + strings.Repeat("a", 600), "http:///x", "?x", "#x", "/a\\b"} {
		if got := localPath(bad); got != "/" {
			t.Errorf("%q: %q", bad, got)
		}
	}
	for _, good := range []string{"/", "/#room=1", "/docs?x=1", "/a//b"} {
		if got := localPath(good); got != good {
			t.Errorf("%q: %q", good, got)
		}
	}
}

func TestWhoeverIsToSignInElsewhereNeedsAWholeConfiguration(t *testing.T) {
	whole := Config{Sessions: 5, PublicURL: "https://chat.example.org", OIDC: OIDCConfig{Issuer: "https://id.example.org/x", ClientID: "natter", ClientSecret: "hush"}}
	if err := whole.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*Config){
		"NATTER_PUBLIC_URL":     func(c *Config) { c.PublicURL = "" },
		"no origin":             func(c *Config) { c.PublicURL = "https://chat.example.org/chat" },
		"NATTER_OIDC_CLIENT_ID": func(c *Config) { c.OIDC.ClientID = "" },
		"NATTER_OIDC_ISSUER":    func(c *Config) { c.OIDC.Issuer = "id.example.org" },
	} {
		c := whole
		change(&c)
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if shown := fmt.Sprintf("%v %+v %#v %s", whole, whole, whole, slog.AnyValue(whole.OIDC.ClientSecret).Resolve()); strings.Contains(shown, "hush") {
		t.Error(shown)
	}
}

func TestWithoutAProviderThereIsNothing(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	for _, path := range []string{"/api/oidc/main/start", "/api/oidc/main/callback?code=1&state=2", "/api/oidc/other/start"} {
		one.call(t, "GET", path, "").problem(t, 404, chat.NotFound)
	}
}

func TestTheCookieOfASignInIsShortLivedAndForThisHostOnly(t *testing.T) {
	for public, name := range map[string]string{"https://chat.example.org": "__Host-natter_oidc", "http://127.0.0.1:8080": "natter_oidc"} {
		e := &Edge{cfg: Config{PublicURL: public}}
		c := e.flowCookie("x", 600)
		secure := strings.HasPrefix(public, "https")
		if c.Name != name || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.MaxAge != 600 || c.Secure != secure || c.Domain != "" || secure && c.Path != "/" {
			t.Errorf("%+v", c)
		}
	}
}
