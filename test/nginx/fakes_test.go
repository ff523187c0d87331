package nginx_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/test/nginx"
)

// balancer adds requests to nginx.
type balancer struct{ *nginx.Balancer }

// do sends a request with a deadline of its own and returns the answer.
func (b *balancer) do(t testing.TB, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, method, b.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	var answer bytes.Buffer
	if _, err := answer.ReadFrom(res.Body); err != nil {
		t.Fatalf("%s %s: read the answer: %v", method, path, err)
	}
	return res, answer.String()
}

// fakeEdge answers as a test tells it to, so that the rules of natter.conf can
// be seen one by one; test/nginx_test.go has real ones.
type fakeEdge struct {
	*httptest.Server
	name string

	mu     sync.Mutex
	answer http.HandlerFunc
	seen   []string // "METHOD path body" of each request
}

func startFakeEdge(t *testing.T, name string) *fakeEdge {
	t.Helper()
	e := &fakeEdge{name: name}
	e.answers(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, name) })
	e.Server = httptest.NewServer(http.HandlerFunc(e.serve))
	t.Cleanup(e.Close)
	return e
}

func (e *fakeEdge) address() string { return e.Listener.Addr().String() }

func (e *fakeEdge) answers(h http.HandlerFunc) { e.mu.Lock(); defer e.mu.Unlock(); e.answer = h }

func (e *fakeEdge) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	e.mu.Lock()
	e.seen = append(e.seen, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL.Path, body)))
	answer := e.answer
	e.mu.Unlock()
	answer(w, r)
}

func (e *fakeEdge) requests() []string { e.mu.Lock(); defer e.mu.Unlock(); return e.seen }

// twoFakeEdges returns nginx before two edges.
func twoFakeEdges(t *testing.T) (b *balancer, one, two *fakeEdge) {
	t.Helper()
	one, two = startFakeEdge(t, "one"), startFakeEdge(t, "two")
	return &balancer{nginx.Start(t, one.address(), two.address())}, one, two
}

// dies breaks the connection after the request has arrived.
func dies(w http.ResponseWriter, _ *http.Request) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		conn.Close()
	}
}

// unavailable is what an edge says whose NATS or PostgreSQL is away.
func unavailable(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusServiceUnavailable)
	fmt.Fprint(w, `{"code":"unavailable","detail":"from an edge"}`)
}
