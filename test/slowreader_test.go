package test

import (
	"testing"

	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/cluster"
)

// slowReader is a socket that does not read until it is resumed.
type slowReader struct {
	p      *Person
	room   string
	socket *client.Socket
	resume func()
}

// ReadsNothing opens another socket of the person, which stops reading once it
// is subscribed.
func (p *Person) ReadsNothing(e *cluster.Edge, room string) *slowReader {
	p.t.Helper()
	s, err := client.Dial(p.ctx(), e.URL, client.DialOptions{ReceiveBuff: 128 << 10})
	p.must("dial", err)
	p.t.Cleanup(s.Cut)
	_, err = s.Auth(p.ctx(), p.Token())
	p.must("authenticate", err)
	_, err = s.Subscribe(p.ctx(), room, "")
	p.must("subscribe", err)
	resume := s.Pause()
	p.t.Cleanup(resume)
	return &slowReader{p, room, s, resume}
}

// WasClosedAsSlow waits for the socket's end and fails if it was another one.
func (s *slowReader) WasClosedAsSlow() {
	s.p.t.Helper()
	wait(s.p.t, s.socket.Done(), "the slow reader's end")
	end := s.socket.End()
	if end.Code != 4408 || end.ByeCode != 4408 || end.ByeReason == "" {
		s.p.t.Errorf("the slow reader ended with %d %q (bye: %d %q), want 4408 and a reason: %v", end.Code, end.Reason, end.ByeCode, end.ByeReason, end.Err)
	}
}

// CatchesUp resumes from the reader's position and compares all it has seen.
func (s *slowReader) CatchesUp(e *cluster.Edge, want []string) {
	p := s.p
	p.t.Helper()
	journal := s.socket.Journal
	again, err := client.Dial(p.ctx(), e.URL, client.DialOptions{Journal: journal})
	p.must("dial", err)
	defer again.Cut()
	_, err = again.Auth(p.ctx(), p.Token())
	p.must("authenticate", err)
	before := len(journal.Room(s.room).Events)
	_, err = again.Subscribe(p.ctx(), s.room, journal.Room(s.room).Position.String())
	p.must("subscribe", err)
	var got []string
	err = journal.Wait(p.ctx(), s.room, func(r client.Room) bool { got = r.Texts; return len(got) >= len(want) })
	if err != nil || !equal(got, want) {
		p.t.Errorf("the slow reader had %d events and then saw %d messages of %d (%v): %.200s", before, len(got), len(want), err, firstDifference(got, want))
	}
	if r := journal.Room(s.room); len(r.Resets) > 0 {
		p.t.Errorf("the slow reader was reset: %v", r.Resets)
	}
	for _, v := range journal.Violations() {
		p.t.Errorf("the slow reader was promised otherwise: %s", v)
	}
}

// Beginning is the position before everything in the room.
func (p *Person) Beginning(room string) string {
	p.t.Helper()
	page, err := p.History(p.ctx(), room, "", "", 1)
	p.must("read the history", err)
	return page.Position[:len("00000000-")] + "0"
}

// SeesLast waits until a text is the newest message.
func (p *Person) SeesLast(room, text string) {
	p.t.Helper()
	err := p.Live().Journal.Wait(p.ctx(), room, func(r client.Room) bool {
		return len(r.Events) > 0 && r.Events[len(r.Events)-1].Text == text
	})
	p.must("see the newest message", err)
}

// heap is the edge's memory in bytes, without garbage: how much of that there is,
// and what the kernel counts, depends on when it was last collected.
func heap(t *testing.T, e *cluster.Edge) float64 {
	t.Helper()
	n, err := e.LiveHeap()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// overflows counts the connections whose queue was full.
func overflows(t *testing.T, e *cluster.Edge) float64 {
	t.Helper()
	return metric(t, &e.Role, "natter_live_overflows_total")
}

func metric(t *testing.T, r *cluster.Role, name string, labels ...string) float64 {
	t.Helper()
	n, err := r.Metric(name, labels...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
