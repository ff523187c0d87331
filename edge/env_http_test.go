package edge

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
)

// person is somebody who uses natter through any edge.
type person struct {
	t       testing.TB
	name    string
	email   string
	id      string
	session string
	token   string
	cookie  *http.Cookie
}

// answer is what a request brought.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call sends a request, as a client does that comes again when natter is busy
// and says that nothing happened. headers are pairs of name and value.
func (n *node) call(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	for range 20 {
		if a := n.try(t, method, path, body, headers...); a.status != http.StatusServiceUnavailable {
			return a
		}
	}
	return n.try(t, method, path, body, headers...)
}

// try sends a request once.
func (n *node) try(t testing.TB, method, path, body string, headers ...string) answer {
	t.Helper()
	req, err := http.NewRequest(method, n.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body == "" {
		req.Body = http.NoBody
		req.ContentLength = 0
	} else {
		req.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
			continue
		}
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := n.client.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	return answer{resp.StatusCode, resp.Header, raw}
}

// join signs somebody up at this edge.
func (n *node) join(t testing.TB, name string) *person {
	t.Helper()
	address := emailOf(name)
	f := into[Flow](t, n.call(t, "POST", "/api/signup", signUp(name, address)).must(t, 202))
	a := n.call(t, "POST", "/api/signup/verify", sendBack(f.Flow, n.letters.code(t, address))).must(t, 201)
	return (&person{t: t, name: name, email: address}).entered(a)
}

// emailOf returns the address of somebody with that name.
func emailOf(name string) string { return hex.EncodeToString([]byte(name)) + "@example.org" }

func signUp(name, email string) string {
	return fmt.Sprintf(`{"name":%q,"email":%q,"password":"correct horse"}`, name, email)
}

func sendBack(flow, code string) string { return fmt.Sprintf(`{"flow":%q,"code":%q}`, flow, code) }

// entered takes what a log-in or refresh brought.
func (p *person) entered(a answer) *person {
	p.t.Helper()
	s := into[Session](p.t, a)
	p.id, p.session, p.token = s.User.ID, s.Session, s.Access
	if cookies := (&http.Response{Header: a.header}).Cookies(); len(cookies) > 0 {
		p.cookie = cookies[0]
	}
	return p
}

// call sends a request as this person.
func (p *person) call(n *node, method, path, body string, headers ...string) answer {
	p.t.Helper()
	return n.call(p.t, method, path, body, append([]string{"Authorization", "Bearer " + p.token}, headers...)...)
}

// makes makes a room.
func (p *person) makes(n *node, kind, name string) chat.Room {
	p.t.Helper()
	return into[chat.Room](p.t, p.call(n, "POST", "/api/rooms", fmt.Sprintf(`{"kind":%q,"name":%q}`, kind, name)).must(p.t, 201))
}

// enters joins a room.
func (p *person) enters(n *node, room string) {
	p.t.Helper()
	p.call(n, "POST", "/api/rooms/"+room+"/join", "").must(p.t, 200)
}

// posts posts a text under a fresh key.
func (p *person) posts(n *node, room, text string) Ack {
	p.t.Helper()
	return into[Ack](p.t, p.postsAs(n, room, chat.NewID(), text).must(p.t, 201))
}

func (p *person) postsAs(n *node, room, key, text string) answer {
	p.t.Helper()
	body, _ := json.Marshal(map[string]string{"key": key, "text": text})
	return p.call(n, "POST", "/api/rooms/"+room+"/messages", string(body))
}

// reads returns a page of history.
func (p *person) reads(n *node, room, query string) Page {
	p.t.Helper()
	return into[Page](p.t, p.call(n, "GET", "/api/rooms/"+room+"/messages"+query, "").must(p.t, 200))
}

// must checks the status.
func (a answer) must(t testing.TB, status int) answer {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, clip(string(a.body), 500))
	}
	return a
}

// problem checks that a is a problem of this status and code.
func (a answer) problem(t testing.TB, status int, code chat.Code) Problem {
	t.Helper()
	a.must(t, status)
	if kind := a.header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("content type %q", kind)
	}
	p := into[Problem](t, a)
	if p.Code != code || p.Status != status || len(p.Trace) != 32 || p.Detail == "" || p.Title == "" || p.Type == "" {
		t.Errorf("problem %s, want code %s", a.body, code)
	}
	return p
}

// into decodes an answer, strictly.
func into[T any](t testing.TB, a answer) T {
	t.Helper()
	var v T
	d := json.NewDecoder(bytes.NewReader(a.body))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v in %s", err, clip(string(a.body), 500))
	}
	return v
}
