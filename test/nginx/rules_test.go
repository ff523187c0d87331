package nginx_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/test/cluster"
)

func TestNginxSpreadsRequestsOverTheEdges(t *testing.T) {
	b, one, two := twoFakeEdges(t)
	for range 20 {
		if res, _ := b.do(t, "GET", "/api/rooms", ""); res.StatusCode != 200 {
			t.Fatalf("status %d", res.StatusCode)
		}
	}
	if len(one.requests()) < 5 || len(two.requests()) < 5 {
		t.Errorf("one edge got %d requests, the other %d", len(one.requests()), len(two.requests()))
	}
}

func TestNginxRepeatsOnlyWhatMayBeRepeated(t *testing.T) {
	key := []string{"Idempotency-Key", "01932d4a-8b10-7c3f-b1d2-5a6e8f901234"}
	cases := []struct {
		name, method, body string
		headers            []string
		repeated           bool
	}{
		{"a read", "GET", "", nil, true},
		{"a marker", "PUT", `{"seq":1}`, nil, true},
		{"a logout", "DELETE", "", nil, true},
		{"a post with a key", "POST", `{"text":"with a key"}`, key, true},
		{"a post without a key", "POST", `{"text":"without a key"}`, nil, false},
		{"a post with an empty key", "POST", `{"text":"empty key"}`, []string{"Idempotency-Key", ""}, false},
	}
	for _, fault := range []struct {
		name   string
		answer http.HandlerFunc
	}{{"dies", dies}, {"is unavailable", unavailable}} {
		for _, c := range cases {
			b, one, two := twoFakeEdges(t)
			const path = "/api/rooms"
			var once sync.Once // the first edge that is asked has the fault
			faulty := func(w http.ResponseWriter, r *http.Request) {
				answer := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "done") }
				once.Do(func() { answer = fault.answer })
				answer(w, r)
			}
			one.answers(faulty)
			two.answers(faulty)
			res, body := b.do(t, c.method, path, c.body, c.headers...)
			want := strings.TrimSpace(fmt.Sprintf("%s %s %s", c.method, path, c.body))
			tries := count(one.requests(), want) + count(two.requests(), want)
			if c.repeated && (res.StatusCode != 200 || body != "done" || tries != 2) {
				t.Errorf("the edge %s, %s: %d %q after %d tries; it may be repeated once, body and all", fault.name, c.name, res.StatusCode, body, tries)
			}
			if !c.repeated && (res.StatusCode != 503 || tries != 1) {
				t.Errorf("the edge %s, %s: %d after %d tries; it must not be repeated", fault.name, c.name, res.StatusCode, tries)
			}
		}
	}
}

func count(all []string, one string) (n int) {
	for _, s := range all {
		if s == one {
			n++
		}
	}
	return n
}

func TestAnAnswerOf503DoesNotTakeEdgesOutOfUse(t *testing.T) {
	b, one, two := twoFakeEdges(t)
	one.answers(unavailable)
	two.answers(unavailable)
	for range 20 {
		for _, headers := range [][]string{nil, {"Idempotency-Key", "k"}} {
			res, body := b.do(t, "POST", "/api/rooms", "{}", headers...)
			if res.StatusCode != 503 || !strings.Contains(body, "from an edge") {
				t.Fatalf("%d %q is not the edge's own answer", res.StatusCode, body)
			}
		}
	}
	one.answers(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "well") })
	two.answers(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "well") })
	for range 20 {
		if res, _ := b.do(t, "POST", "/api/rooms", "{}"); res.StatusCode != 200 {
			t.Fatalf("status %d although both edges are well again", res.StatusCode)
		}
	}
}

func TestWithoutAnyEdgeTheAnswerIsAProblem(t *testing.T) {
	b, one, two := twoFakeEdges(t)
	one.Close()
	two.Close()
	for _, method := range []string{"GET", "POST"} {
		for range 5 {
			res, body := b.do(t, method, "/api/rooms", "")
			wantProblem(t, res, body, 503, "outcome_unknown")
		}
	}
}

func TestWhatIsTooLargeIsAProblem(t *testing.T) {
	b, _, _ := twoFakeEdges(t)
	res, body := b.do(t, "POST", "/api/rooms", strings.Repeat("x", 64<<10+1))
	wantProblem(t, res, body, 413, "too_large")
	res, body = b.do(t, "POST", "/api/rooms", strings.Repeat("x", 64<<10+1), "Idempotency-Key", "k")
	wantProblem(t, res, body, 413, "too_large")
	res, body = b.do(t, "GET", "/api/rooms", "", "X-Long", strings.Repeat("x", 20<<10))
	wantProblem(t, res, body, 431, "too_large")
	if res, _ = b.do(t, "POST", "/api/rooms", strings.Repeat("x", 60<<10)); res.StatusCode != 200 {
		t.Errorf("60 KiB are answered with %d", res.StatusCode)
	}
}

func wantProblem(t *testing.T, res *http.Response, body string, status int, code string) {
	t.Helper()
	var problem struct {
		Status int
		Code   string
		Detail string
	}
	err := json.Unmarshal([]byte(body), &problem)
	if err != nil || res.StatusCode != status || problem.Status != status || problem.Code != code || problem.Detail == "" ||
		res.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s %q: want the problem %d %s", res.StatusCode, res.Header.Get("Content-Type"), body, status, code)
	}
}

func TestNginxTellsTheEdgeWhoAsks(t *testing.T) {
	b, one, two := twoFakeEdges(t)
	got := make(chan http.Header, 1)
	hosts := make(chan string, 1)
	echo := func(_ http.ResponseWriter, r *http.Request) { got <- r.Header; hosts <- r.Host }
	one.answers(echo)
	two.answers(echo)
	b.do(t, "GET", "/", "", "X-Forwarded-For", "203.0.113.9", "X-Forwarded-Proto", "https", "Forwarded", "for=203.0.113.9",
		"Connection", "Upgrade", "Upgrade", "h2c")
	header, host := <-got, <-hosts
	for name, want := range map[string]string{"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http",
		"X-Forwarded-Host": strings.TrimPrefix(b.URL, "http://"), "Forwarded": "", "Upgrade": ""} {
		if header.Get(name) != want {
			t.Errorf("%s arrives as %q, want %q", name, header.Get(name), want)
		}
	}
	if host != strings.TrimPrefix(b.URL, "http://") {
		t.Errorf("Host arrives as %q", host)
	}
}

func TestTicketsDoNotReachTheLogs(t *testing.T) {
	b, one, two := twoFakeEdges(t)
	b.do(t, "GET", "/api/ws?ticket=secret-ticket", "", "Referer", "http://x/?ticket=secret-ticket")
	one.Close()
	two.Close()
	b.do(t, "GET", "/api/notifications/stream?ticket=secret-ticket", "")
	cluster.Eventually(t, 5*time.Second, func() error {
		if log := b.Log("natter.access.log"); strings.Count(log, "\n") != 2 {
			return fmt.Errorf("the access log: %s", log)
		}
		return nil
	})
	for _, name := range []string{"natter.access.log", "natter.error.log", "start.log"} {
		if log := b.Log(name); strings.Contains(log, "secret-ticket") {
			t.Errorf("%s holds a ticket:\n%s", name, log)
		}
	}
	if log := b.Log("natter.access.log"); !strings.Contains(log, `GET "/api/ws" HTTP/1.1 200`) || !strings.Contains(log, "edge="+one.address()) && !strings.Contains(log, "edge="+two.address()) {
		t.Errorf("the access log does not say what happened where:\n%s", log)
	}
}
