package edge

import (
	"encoding/json"
	"testing"

	"github.com/natter-chat/natter/auth"
)

// keeping is an edge with these secrets, the first of which signs.
func keeping(t *testing.T, secrets ...string) func(*Config, *Deps) {
	t.Helper()
	var list []auth.Secret
	for _, text := range secrets {
		one, err := auth.ParseSecrets(text)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, one...)
	}
	keys, err := auth.NewKeys(list, nil)
	if err != nil {
		t.Fatal(err)
	}
	return func(_ *Config, d *Deps) { d.Keys = keys }
}

// The steps of docs/operations.md, each with one edge that has taken it and one
// that has not.
func TestAChangeOfSecretsFailsNoRequestAndEndsNoSession(t *testing.T) {
	older, newer := auth.NewSecret(), auth.NewSecret()
	w := newWorld(t)
	start := w.edge(keeping(t, older))
	ada := start.join(t, "ada")
	for _, step := range []struct {
		name          string
		before, after []string
	}{
		{"the new one last", []string{older}, []string{older, newer}},
		{"the new one first", []string{older, newer}, []string{newer, older}},
		{"the old one dropped", []string{newer, older}, []string{newer}},
	} {
		edges := []*node{w.edge(keeping(t, step.before...)), w.edge(keeping(t, step.after...))}
		sockets := []*socket{ada.connects(edges[0]), nil}
		if step.name != "the old one dropped" {
			sockets[1] = ada.connects(edges[1])
		} else { // 30 days later: nothing is left of the old one
			ada.entered(ada.refresh(edges[0]).must(t, 200))
			sockets[1] = ada.connects(edges[1])
		}
		stream := ada.listens(edges[1], "")
		for i := range 4 {
			ada.entered(ada.refresh(edges[i%2]).must(t, 200))
			for j, n := range edges {
				ada.call(n, "GET", "/api/me", "").must(t, 200)
				sockets[j].sends(authFrame{Op: "auth", ID: uint64(10 + i), Token: ada.token})
				sockets[j].hears("welcome")
			}
		}
		stream.resp.Body.Close()
		if list := ada.sits(edges[0]); len(list) != 1 {
			t.Errorf("%s: %d sessions", step.name, len(list))
		}
	}
}

func TestTheKeysAreReadWithoutASession(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	a := one.call(t, "GET", "/.well-known/jwks.json", "").must(t, 200)
	if got := a.header.Get("Cache-Control"); got != "public, max-age=300" {
		t.Errorf("Cache-Control: %s", got)
	}
	var got KeySet
	if err := json.Unmarshal(a.body, &got); err != nil || len(got.Keys) != 1 || got.Keys[0] != one.Keys.JWKS()[0] {
		t.Errorf("%s %v", a.body, err)
	}
}
