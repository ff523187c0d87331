package test

import (
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/oidcprovider"
)

// door is one address for two edges, a request to each in turn: what one has
// begun, the other continues.
type door struct {
	*httptest.Server
	t        *testing.T
	Provider *oidcprovider.Provider
	edges    []*url.URL
	turn     atomic.Int64
}

// door opens a town's door, whose edges let people sign in with a provider that
// does not run yet.
func (w *Town) door(changes map[string]string) *door {
	w.t.Helper()
	d := &door{t: w.t}
	d.Server = httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(d.edges[d.turn.Add(1)%2])
		r.Out.Host = r.In.Host
	}})
	w.t.Cleanup(d.Close)
	d.Provider = oidcprovider.New(w.t, d.URL+"/api/oidc/main/callback")
	settings := map[string]string{"NATTER_PUBLIC_URL": d.URL, "NATTER_OIDC_ISSUER": d.Provider.Issuer,
		"NATTER_OIDC_CLIENT_ID": oidcprovider.ClientID, "NATTER_OIDC_CLIENT_SECRET": oidcprovider.ClientSecret}
	for name, value := range changes {
		settings[name] = value
	}
	for range 2 {
		e, err := w.AddEdge(settings)
		if err != nil {
			w.t.Fatal(err)
		}
		u, err := url.Parse(e.URL)
		if err != nil {
			w.t.Fatal(err)
		}
		d.edges = append(d.edges, u)
	}
	if err := w.Ready(deadline); err != nil {
		w.t.Fatal(err)
	}
	return d
}

// browser keeps cookies and goes where it is told.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Transport: &http.Transport{}, Timeout: deadline,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// goes follows one redirection and returns where it leads.
func (d *door) goes(b *http.Client, address string) string {
	d.t.Helper()
	resp, err := b.Get(address)
	if err != nil {
		d.t.Fatal(err)
	}
	resp.Body.Close()
	next, err := resp.Location()
	if err != nil || resp.StatusCode != http.StatusFound {
		d.t.Fatalf("%s: %s, %v", address, resp.Status, err)
	}
	return next.String()
}

// signsIn goes all the way, and returns where it ends.
func (d *door) signsIn(b *http.Client, sub, then string) string {
	d.t.Helper()
	away := d.goes(b, d.URL+"/api/oidc/main/start?return="+url.QueryEscape(then))
	if !strings.HasPrefix(away, d.Provider.Issuer) {
		return away
	}
	return d.goes(b, d.Provider.Passes(b, away, sub))
}

// is returns who the browser's cookie stands for, "" for nobody.
func (d *door) is(b *http.Client) (id, name string) {
	d.t.Helper()
	req, _ := http.NewRequest("POST", d.URL+"/api/session/refresh", http.NoBody)
	req.Header.Set("Origin", d.URL)
	resp, err := b.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	var s struct{ User struct{ ID, Name string } }
	if resp.StatusCode != http.StatusOK {
		return "", ""
	}
	if err := json.NewDecoder(resp.Body).Decode(&s); err != nil {
		d.t.Fatal(err)
	}
	return s.User.ID, s.User.Name
}

func TestPeopleSignInWithAnotherServiceAtWhateverEdge(t *testing.T) {
	w := ownTown(t)
	d := w.door(nil)
	early := browser(t)
	if at := d.signsIn(early, "ada-1", "/"); at != d.URL+"/#error="+string(chat.Unavailable) {
		t.Errorf("while the provider is down: %s", at)
	}
	d.Provider.Start()
	d.Provider.Knows(map[string]any{"sub": "ada-1", "preferred_username": "Ada L", "email": "ada@example.org", "email_verified": true})
	if at := d.signsIn(early, "ada-1", "/#room=1"); at != d.URL+"/#room=1" {
		t.Fatalf("ended at %s", at)
	}
	id, name := d.is(early)
	if id == "" || name != "Ada.L" {
		t.Fatalf("signed in as %q", name)
	}
	again := browser(t)
	d.signsIn(again, "ada-1", "")
	if same, _ := d.is(again); same != id {
		t.Error("another device is another person")
	}
	// Somebody else who calls themselves alike, without a verified address.
	d.Provider.Knows(map[string]any{"sub": "eve-1", "preferred_username": "Ada L", "email": "ada@example.org", "email_verified": false})
	eve := browser(t)
	d.signsIn(eve, "eve-1", "/")
	if other, name := d.is(eve); other == id || other == "" || name != "ada" {
		t.Errorf("%s is %q", other, name)
	}
}

func TestNothingButAnAnswerToThisBrowserSignsIn(t *testing.T) {
	w := ownTown(t)
	d := w.door(nil)
	d.Provider.Start()
	d.Provider.Knows(map[string]any{"sub": "ada-1", "preferred_username": "ada"})
	b := browser(t)
	refused := func(what string, b *http.Client, address, code string) {
		t.Helper()
		if at := d.goes(b, address); at != d.URL+"/#error="+code {
			t.Errorf("%s: %s", what, at)
		}
		if id, _ := d.is(b); id != "" {
			t.Errorf("%s signs in", what)
		}
	}
	away := d.goes(b, d.URL+"/api/oidc/main/start?return=//evil.example/")
	back := d.Provider.Passes(b, away, "ada-1")
	refused("an answer in another browser", browser(t), back, "unauthenticated")
	other := browser(t)
	d.goes(other, d.URL+"/api/oidc/main/start")
	refused("an answer to another flow", other, back, "unauthenticated")
	u, _ := url.Parse(d.URL)
	kept := b.Jar.Cookies(&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/api/oidc/main/callback"})
	if at := d.goes(b, back); at != d.URL+"/" {
		t.Errorf("another site's address is no place to return to: %s", at)
	}
	if id, _ := d.is(b); id == "" {
		t.Error("the right answer does not sign in")
	}
	thief := browser(t)
	thief.Jar.SetCookies(&url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/api/oidc/main/callback"}, kept)
	refused("an answer that was used", thief, back, "unauthenticated")
	no := browser(t)
	refused("a refusal", no, d.Provider.Passes(no, d.goes(no, d.URL+"/api/oidc/main/start"), "nobody"), "unauthenticated")
}
