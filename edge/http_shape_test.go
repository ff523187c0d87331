package edge

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

func TestWhatNoRouteKnowsIsAProblemToo(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	for _, path := range []string{"/api", "/api/", "/api/nothing", "/nothing", "/index.htm", "/api/rooms/x/y/z", "/doc.go", "/app.js/x"} {
		one.call(t, "GET", path, "").problem(t, 404, chat.NotFound)
	}
	for _, path := range []string{"/api/rooms/x/messages/1/reactions/..", "/api/rooms/x/messages/1/reactions/.", "/api//rooms", "//api/rooms", "/x/../api/rooms", "/api/rooms/../"} {
		one.call(t, "PUT", path, "").problem(t, 400, chat.BadRequest)
	}
	for path, allow := range map[string]string{"/api/signup": "POST", "/api/rooms": "GET, POST", "/api/session": "DELETE", "/api/ws": "GET", "/docs": "GET", "/": "GET, HEAD", "/app.js": "GET, HEAD"} {
		a := one.call(t, "PATCH", path, "")
		if a.problem(t, 405, chat.NotFound); a.header.Get("Allow") != allow {
			t.Errorf("%s allows %q, want %q", path, a.header.Get("Allow"), allow)
		}
	}
}

func TestBodiesAreJSONOfBoundedSize(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	path := "/api/rooms/" + room + "/messages"
	good := `{"key":"` + chat.NewID() + `","text":"x"}`
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/merge-patch+json", "multipart/form-data; boundary=x", ";;"} {
		ada.call(one, "POST", path, good, "Content-Type", kind).problem(t, 415, chat.BadRequest)
	}
	ada.call(one, "POST", path, good, "Content-Type", "application/json; charset=utf-8").must(t, 201)
	ada.call(one, "POST", path, "").problem(t, 415, chat.BadRequest)
	large := `{"key":"` + chat.NewID() + `","text":"` + strings.Repeat("x", maxBody) + `"}`
	ada.call(one, "POST", path, large).problem(t, 413, chat.TooLarge)
	ada.call(one, "POST", path, strings.Repeat("[", maxBody)).problem(t, 400, chat.BadRequest)
}

// exchange writes raw bytes to the edge and returns the status line, or "" if
// the connection was closed without one.
func (n *node) exchange(t *testing.T, within time.Duration, parts ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(n.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(within))
	for _, part := range parts {
		io.WriteString(conn, part)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if ne, ok := err.(net.Error); ok && ne.Timeout() {
		t.Errorf("still open after %v", within)
	}
	return strings.TrimSpace(line)
}

func TestSlowAndOversizedRequestsAreCut(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	const head = "POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
	t.Run("1 MB of headers", func(t *testing.T) {
		if got := one.exchange(t, 20*time.Second, "GET / HTTP/1.1\r\nHost: x\r\nX: ", strings.Repeat("x", 1<<20)); !strings.Contains(got, "431") {
			t.Errorf("answer %q", got)
		}
	})
	t.Run("17 KB of headers", func(t *testing.T) {
		if got := one.exchange(t, 20*time.Second, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 17<<10)+"\r\n\r\n"); !strings.Contains(got, "431") {
			t.Errorf("answer %q", got)
		}
	})
	for name, start := range map[string]string{
		"slow headers":                    "GET / HTTP/1.1\r\nHost: x\r\nX: y",
		"slow body":                       head + "Content-Length: 100\r\n\r\n{",
		"slow chunks":                     head + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
		"slow body of another's business": "GET /api/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + ada.token + "\r\nContent-Length: 100\r\n\r\n{",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			started := time.Now()
			one.exchange(t, 20*time.Second, start)
			if took := time.Since(started); took > 15*time.Second {
				t.Errorf("closed after %v", took)
			}
		})
	}
}

// slowRooms takes longer over a new room than a body may take.
type slowRooms struct{ Rooms }

func (s slowRooms) Create(ctx context.Context, by events.Person, n chat.NewRoom) (chat.Membership, string, error) {
	select {
	case <-time.After(bodyTime + time.Second):
		return s.Rooms.Create(ctx, by, n)
	case <-ctx.Done():
		return chat.Membership{}, "", ctx.Err()
	}
}

// A deadline for the body must not end what the request waits for.
func TestARequestMayTakeLongerThanItsBody(t *testing.T) {
	w := newWorld(t)
	one, slow := w.edge(), w.edge(func(_ *Config, d *Deps) { d.Rooms = slowRooms{d.Rooms} })
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	position := ada.reads(one, room, "").Position
	made := make(chan answer, 1)
	go func() { made <- ada.call(slow, "POST", "/api/rooms", `{"kind":"public","name":"Jam"}`) }()
	started := time.Now()
	if found := ada.follows(one, room, position, "12"); len(found.Events) != 0 || time.Since(started) < 11*time.Second {
		t.Errorf("%+v after %v", found, time.Since(started))
	}
	if a := <-made; a.status != 201 {
		t.Errorf("a slow command: %d %s", a.status, a.body)
	}
}

func TestEveryAnswerIsGuarded(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	for _, path := range []string{"/", "/docs", "/api/me", "/nothing", "/openapi.json"} {
		h := one.call(t, "GET", path, "").header
		csp := h.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'self'") || !strings.Contains(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") == "" {
			t.Errorf("%s: %v", path, h)
		}
	}
	if got := one.call(t, "GET", "/api/me", "").header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("an answer may be cached: %q", got)
	}
}

func TestThePageIsServedWithAValidator(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	a := one.call(t, "GET", "/", "").must(t, 200)
	if !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || a.header.Get("Cache-Control") != "no-cache" || !bytes.Contains(a.body, []byte("natter")) {
		t.Errorf("%v %s", a.header, a.body)
	}
	tag := a.header.Get("ETag")
	if again := one.call(t, "GET", "/index.html", "", "If-None-Match", tag); again.status != 304 || len(again.body) != 0 {
		t.Errorf("%d %s", again.status, again.body)
	}
	if script := one.call(t, "GET", "/app.js", "").must(t, 200); !strings.Contains(script.header.Get("Content-Type"), "javascript") {
		t.Errorf("%v", script.header)
	}
	docs := one.call(t, "GET", "/docs", "", "Accept-Encoding", "gzip").must(t, 200)
	z, err := gzip.NewReader(bytes.NewReader(docs.body))
	if err != nil || docs.header.Get("Content-Encoding") != "gzip" {
		t.Fatal(err, docs.header)
	}
	html, _ := io.ReadAll(z)
	for _, want := range []string{"/api/rooms/{room}/messages", "welcome", "NotificationList", "subscribe"} {
		if !bytes.Contains(html, []byte(want)) {
			t.Errorf("/docs says nothing of %s", want)
		}
	}
	if regexp.MustCompile(`(src|href)="(https?:)?//`).Match(html) || bytes.Contains(html, []byte("<script")) {
		t.Error("/docs loads something from elsewhere")
	}
}

// The protocol's description and the code must name the same routes.
func TestTheOpenAPIDocumentHasEveryRouteOfTheProtocol(t *testing.T) {
	w := newWorld(t)
	var open struct {
		OpenAPI string `json:"openapi"`
		Paths   map[string]map[string]struct {
			Responses map[string]any `json:"responses"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	raw := w.edge().call(t, "GET", "/openapi.json", "").must(t, 200)
	if err := json.Unmarshal(raw.body, &open); err != nil || !strings.HasPrefix(open.OpenAPI, "3.1") {
		t.Fatal(err, open.OpenAPI)
	}
	var coded []string
	for path, methods := range open.Paths {
		for method, o := range methods {
			coded = append(coded, strings.ToUpper(method)+" "+path)
			if o.Responses["default"] == nil && path != "/api/ws" && path != "/api/notifications/stream" {
				t.Errorf("%s %s documents no problem", method, path)
			}
		}
	}
	for _, ref := range regexp.MustCompile(`#/components/schemas/(\w+)`).FindAllStringSubmatch(string(raw.body), -1) {
		if open.Components.Schemas[ref[1]] == nil {
			t.Errorf("no schema %s", ref[1])
		}
	}
	text, err := os.ReadFile("../docs/protocol.md")
	if err != nil {
		t.Fatal(err)
	}
	written := []string{"GET /api/ws", "GET /api/notifications/stream"}
	for _, m := range regexp.MustCompile("`(GET|POST|PUT|PATCH|DELETE) (/(?:api|\\.well-known)/[^`?]*)").FindAllStringSubmatch(string(text), -1) {
		if route := m[1] + " " + m[2]; !slices.Contains(written, route) {
			written = append(written, route)
		}
	}
	slices.Sort(coded)
	slices.Sort(written)
	if !slices.Equal(coded, written) {
		t.Errorf("code      %v\nprotocol  %v", coded, written)
	}
}

func TestEveryCodeHasAStatus(t *testing.T) {
	source, err := os.ReadFile("../chat/errors.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^\t\w+ +Code = "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		code := chat.Code(m[1])
		if statusOf(code) == http.StatusInternalServerError && code != chat.Internal {
			t.Errorf("%s has no status", code)
		}
		retry := map[bool]string{true: "retry", false: "no"}[retryAfter(code) > 0]
		if s := statusOf(code); (s == 503 || s == 429) != (retry == "retry") {
			t.Errorf("%s: %d, retry after %d", code, s, retryAfter(code))
		}
	}
}

func TestTheOperatorSeesTheCauseAndTheClientDoesNot(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	p := one.problem(events.WithTrace(t.Context()), fmt.Errorf("dial tcp 10.0.0.7: secret"))
	if p.Status != 500 || p.Code != chat.Internal || strings.Contains(p.Detail, "secret") || len(p.Trace) != 32 {
		t.Errorf("%+v", p)
	}
	p = one.problem(events.WithTrace(t.Context()), fmt.Errorf("wrapped: %w", &chat.Error{Code: chat.Unavailable, Detail: "Try again.", Cause: fmt.Errorf("secret")}))
	if p.Status != 503 || p.Detail != "Try again." || p.GetHeaders().Get("Retry-After") == "" {
		t.Errorf("%+v", p)
	}
}
