package test

import (
	"net/http"
	"testing"
	"time"

	"github.com/natter-chat/natter/test/client"
)

// revokedWithin is what the tests of revocations allow where nothing is broken.
// The design says p99 below a second; a machine on which other tests run is slower.
const revokedWithin = 5 * time.Second

// I9: whatever ends a session ends its sockets and streams on every edge, and
// its token, while others go on.
func TestASessionThatEndsInAnyWayEndsEverywhere(t *testing.T) {
	w := town(t)
	for _, way := range []struct {
		name string
		end  func(p *Person, lost *client.Client)
	}{
		{"ended from another device", func(p *Person, lost *client.Client) {
			p.must("end it", p.At(w.Edges[0].URL).EndDevice(p.ctx(), lost.Session()))
		}},
		{"ended with all others", func(p *Person, _ *client.Client) {
			p.must("end the others", p.At(w.Edges[0].URL).EndOtherDevices(p.ctx()))
		}},
		{"its place was taken", func(p *Person, lost *client.Client) {
			// Five at a time: the person's own is the oldest, the lost one the next.
			for range 5 {
				p.must("log in", client.New(w.Edges[0].URL).Login(p.ctx(), p.Name, password))
			}
		}},
	} {
		p, bystander := w.Person("alice"), w.Person("bob")
		lost := client.New(w.Edges[1].URL)
		p.must("log in", lost.Login(p.ctx(), p.Name, password))
		kept, keptStream := open(t, bystander.At(w.Edges[1].URL), client.NewBell())
		var sockets []*client.Socket
		var streams []*client.Stream
		for _, e := range w.Edges {
			socket, stream := open(t, lost.At(e.URL), client.NewBell())
			sockets, streams = append(sockets, socket), append(streams, stream)
		}
		way.end(p, lost)
		done := time.Now()
		for i := range w.Edges {
			wait(t, sockets[i].Done(), "the socket's end")
			wait(t, streams[i].Done(), "the stream's end")
			if end := sockets[i].End(); end.Code != 4403 {
				t.Errorf("%s: a socket ended with %d %q, want 4403", way.name, end.Code, end.Reason)
			}
		}
		took := time.Since(done)
		t.Logf("%s: all were closed %s after the answer", way.name, took)
		if took > revokedWithin {
			t.Errorf("%s: closed after %s, %s is allowed", way.name, took, revokedWithin)
		}
		for _, e := range w.Edges {
			at := lost.At(e.URL)
			for what, err := range map[string]error{"me": second(at.Me(p.ctx())), "refresh": at.Refresh(p.ctx()), "ticket": second(at.Ticket(p.ctx()))} {
				if statusOf(err) != http.StatusUnauthorized {
					t.Errorf("%s: %s at %s: %v, want 401", way.name, what, e.Name, err)
				}
			}
		}
		if _, err := kept.Ping(p.ctx()); err != nil {
			t.Errorf("%s: another's socket was closed, too: %v", way.name, err)
		}
		select {
		case <-keptStream.Done():
			t.Errorf("%s: another's stream was closed, too", way.name)
		default:
		}
	}
}
