package edge

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/testenv"
)

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }

func TestALogoutClosesTheSessionsSocketsAndStreamsOnEveryEdge(t *testing.T) {
	leaks(t)
	w := newLoneWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	other := (&person{t: t, name: "ada"}).entered(one.call(t, "POST", "/api/login", `{"name":"ada","password":"correct horse"}`).must(t, 200))
	here, there, kept := ada.connects(one), ada.connects(two), other.connects(two)
	stream := ada.listens(two, "")
	ada.call(one, "DELETE", "/api/session", "").must(t, 204)
	for _, s := range []*socket{here, there} {
		if code, bye := s.ends(); code != 4403 || string(bye.Code) != "4403" || bye.Why != "logout" {
			t.Errorf("closed with %d (bye %s, %q)", code, bye.Code, bye.Why)
		}
	}
	if e := stream.hears("bye"); !strings.Contains(e.data, `"why":"logout"`) {
		t.Errorf("the stream ended with %+v", e)
	}
	stream.ended()
	kept.sends(pingFrame{Op: "ping", ID: 4})
	kept.hears("pong")
	for _, n := range []*node{one, two} {
		s := n.dials(t)
		s.sends(authFrame{Op: "auth", Token: ada.token})
		if code, _ := s.ends(); code != 4401 {
			t.Errorf("the ended session's token: closed with %d", code)
		}
		ada.call(n, "GET", "/api/notifications/stream", "").problem(t, 401, chat.Unauthenticated)
	}
}

func TestASessionRevokedWhileItConnectsIsSeenByTheSecondCheck(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	s := one.dials(t)
	testenv.Until(t, "the socket is there", func() bool { return len(one.hub.conns.list(nil)) == 1 })
	who, err := one.authenticate(t.Context(), "", ada.token)
	if err != nil {
		t.Fatal(err)
	}
	one.sessions.end(ada.session, "test") // after the first check, before it is registered
	one.hub.conns.list(nil)[0].welcome(1, who)
	if code, _ := s.ends(); code != 4403 {
		t.Errorf("closed with %d", code)
	}
}

func TestRevocationsFromBeforeTheStartAreKnown(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	ada.call(one, "DELETE", "/api/session", "").must(t, 204)
	two := w.edge()
	s := two.dials(t)
	s.sends(authFrame{Op: "auth", Token: ada.token})
	if code, _ := s.ends(); code != 4401 {
		t.Errorf("closed with %d", code)
	}
}

func TestASocketIsClosedWhenItsTokenEndsUnlessANewerOneCame(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	short, long := ada.connects(one), ada.connects(one)
	stream := ada.listens(one, "")
	for _, c := range one.hub.conns.list(nil) { // as if the tokens were old
		c.expires.Store(time.Now().Add(2 * time.Second).Unix())
	}
	one.hub.conns.mu.Lock()
	for s := range one.hub.conns.streams {
		s.shut(closeExpired, 0)
	}
	one.hub.conns.mu.Unlock()
	long.sends(authFrame{Op: "auth", ID: 2, Token: ada.token})
	long.hears("welcome")
	if code, bye := short.ends(); code != 4402 || string(bye.Code) != "4402" {
		t.Errorf("closed with %d (bye %s)", code, bye.Code)
	}
	stream.hears("bye")
	long.sends(pingFrame{Op: "ping", ID: 3})
	long.hears("pong")
}

func TestATokenOfAnotherSessionDoesNotTakeASocketOver(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	s := ada.connects(one)
	s.sends(authFrame{Op: "auth", ID: 2, Token: bob.token})
	if h := s.next(); h.Op != "error" || h.code() != "conflict" {
		t.Errorf("%+v", h)
	}
	s.sends(authFrame{Op: "auth", ID: 3, Token: "nonsense"})
	if h := s.next(); h.Op != "error" || h.code() != "unauthenticated" {
		t.Errorf("%+v", h)
	}
	s.sends(pingFrame{Op: "ping", ID: 4})
	s.hears("pong")
}

func TestADrainClosesEverythingWith1012SpreadOverTime(t *testing.T) {
	leaks(t)
	w := newLoneWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	var sockets []*socket
	for range 20 {
		sockets = append(sockets, ada.connects(one))
	}
	stream := ada.listens(one, "")
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
	defer cancel()
	start := time.Now()
	done := make(chan time.Duration)
	go func() { one.Drain(ctx); done <- time.Since(start) }()
	testenv.Until(t, "it is not ready", func() bool { return one.Ready() != nil })
	if _, resp, err := one.tryDial(""); err == nil || resp.StatusCode != 503 {
		t.Errorf("a new socket: %v %v", resp, err)
	}
	waits := map[int64]bool{}
	for _, s := range sockets {
		code, bye := s.ends()
		if code != 1012 || bye.Reconnect < 0 || bye.Reconnect > maxReconnect.Milliseconds() {
			t.Errorf("closed with %d, bye %+v", code, bye)
		}
		waits[bye.Reconnect] = true
	}
	stream.hears("bye")
	if took := <-done; took < 2*time.Second || ctx.Err() != nil {
		t.Errorf("the drain took %s (%v)", took, ctx.Err())
	}
	if len(waits) < 10 {
		t.Errorf("all were told the same time to wait: %v", waits)
	}
}

func TestADeadPeerIsDroppedAfterTwoMissedPings(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	s := ada.connects(one)
	pings := make(chan string, 10)
	s.ws.SetPingHandler(func(data string) error { pings <- data; return nil }) // no pong
	c := one.hub.conns.list(nil)[0]
	// The test's clock runs ahead: a write under way would look stuck.
	quiet := func() { testenv.Until(t, "nothing is being written", func() bool { return c.stuck.Load() == 0 }) }
	quiet()
	now := one.hub.clock.Load()
	for ; now%pingEvery != int64(c.slot); now++ {
		c.look(now, time.Now().Unix())
	}
	c.look(now, time.Now().Unix())
	go s.read()
	select {
	case <-pings:
	case <-time.After(patience):
		t.Fatal("no ping")
	}
	quiet()
	c.look(c.heard.Load()+deadAfter+1, time.Now().Unix())
	testenv.Until(t, "it is gone", func() bool { return len(one.hub.conns.list(nil)) == 0 })
	if n := valueOf(t, one.hub.metrics.closes.WithLabelValues("1006")); n != 1 {
		t.Errorf("%v broken connections", n)
	}
}

func TestReadMarkersReachTheOthersInTheRoom(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), two.join(t, "bob")
	room := ada.makes(one, "public", "tea").ID
	bob.enters(two, room)
	seq := ada.posts(one, room, "hi").Seq
	reader, watcher := bob.connects(two), ada.connects(one)
	reader.follows(room, "")
	watcher.follows(room, "")
	reader.sends(readFrame{Op: "read", ID: 8, Room: room, Seq: seq})
	if h := reader.hears("ack"); h.ID != 8 || h.Message != "" {
		t.Errorf("%+v", h)
	}
	if h := watcher.hears("marker"); h.Room != room || h.Seq != seq || string(h.User) != `"`+bob.id+`"` {
		t.Errorf("%+v", h)
	}
}
