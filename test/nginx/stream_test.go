package nginx_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/natter-chat/natter/test/nginx"
)

func TestAnEventOfAStreamArrivesBeforeTheNext(t *testing.T) {
	b, one, two := twoFakeEdges(t)
	next := make(chan string)
	stream := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for {
			select {
			case line := <-next:
				fmt.Fprint(w, line)
				_ = http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				return
			}
		}
	}
	one.answers(stream)
	two.answers(stream)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, "GET", b.URL+"/api/notifications/stream", nil)
	go func() { next <- "data: 0\n\n" }()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewReader(res.Body)
	for i := range 5 {
		line, err := lines.ReadString('\n')
		if blank, _ := lines.ReadString('\n'); err != nil || line != fmt.Sprintf("data: %d\n", i) || blank != "\n" {
			t.Fatalf("event %d: %q, %v", i, line, err)
		}
		next <- fmt.Sprintf("data: %d\n\n", i+1)
	}
}

func TestAnEdgeWithoutAnswerIsLeftOutSoon(t *testing.T) {
	one := startFakeEdge(t, "one")
	// A host that is gone: the backlog of this socket is full, so that nobody
	// answers to a connection, neither yes nor no.
	gone := deafAddress(t)
	b := &balancer{nginx.Start(t, one.address(), gone)}
	slow := 0
	for range 30 {
		start := time.Now()
		res, _ := b.do(t, "POST", "/api/rooms", "{}") // no edge has received it: even this may be repeated
		if res.StatusCode != 200 {
			t.Fatalf("status %d", res.StatusCode)
		}
		if time.Since(start) > time.Second {
			slow++
		}
	}
	if slow == 0 || slow > 6 {
		t.Errorf("%d of 30 requests waited for the edge that is gone; want the first ones only", slow)
	}
}

// deafAddress returns an address whose connections are never accepted.
func deafAddress(t *testing.T) string {
	t.Helper()
	l := listenDeaf(t)
	for { // fill the backlog
		conn, err := net.DialTimeout("tcp", l, 200*time.Millisecond)
		if err != nil {
			return l
		}
		t.Cleanup(func() { conn.Close() })
	}
}
