package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/cluster"
)

func TestAReaderThatStopsReadingIsClosedWithItsReasonAndResumesWithoutLoss(t *testing.T) {
	w := town(t)
	edge := w.Edges[1]
	ann, bob := w.Person("ann").On(w.Edges[0]), w.Person("bob").On(edge)
	room := ann.Creates("tea")
	bob.Joins(room)
	bob.Follows(room)
	before := overflows(t, edge)
	slow := bob.ReadsNothing(edge, room)
	flood := w.flooding(room, 600, ann, bob)
	eventually(t, deadline, func() error {
		if overflows(t, edge) == before {
			return fmt.Errorf("no queue was full after %d messages", flood.acked.Load())
		}
		return nil
	})
	slow.resume()
	slow.WasClosedAsSlow()
	want := flood.Wait(room)
	slow.CatchesUp(w.Edges[0], want)
	bob.Sees(room, want...)
	if ends := bob.Live().Ends(); len(ends) > 0 {
		t.Errorf("who reads was closed, too: %+v", ends)
	}
}

func TestManyReadersThatDoNotReadCostNoMemory(t *testing.T) {
	w := town(t)
	const stuck, bound = 10, 48 << 20
	edge := w.Edges[1]
	ann, bob := w.Person("ann").On(w.Edges[0]), w.Person("bob").On(edge)
	room := ann.Creates("tea")
	bob.Joins(room)
	bob.Follows(room)
	w.flooding(room, 200, ann, bob).Wait(room) // what any traffic costs
	bob.SeesExactly(room, bob.Reads(room))
	memory, before := resident(t, edge), overflows(t, edge)
	var slow []*slowReader
	for range stuck {
		slow = append(slow, bob.ReadsNothing(edge, room))
	}
	want := w.flooding(room, 600, ann, bob).Wait(room)
	bob.SeesExactly(room, want)
	if got := overflows(t, edge) - before; got < stuck {
		t.Errorf("%v of %d queues were full: nothing was shown", got, stuck)
	}
	grown := resident(t, edge) - memory
	t.Logf("%d readers left %d MiB unread; the edge grew by %.1f MiB", stuck, stuck*600*7900>>20, grown/(1<<20))
	if grown > bound {
		t.Errorf("the edge grew by more than %d MiB", bound>>20)
	}
	slow[0].resume()
	wait(t, slow[0].socket.Done(), "the end of a slow reader")
	slow[0].CatchesUp(w.Edges[0], want[200:])
}

func TestReadersThatDoNotReadDelayNobody(t *testing.T) {
	w := town(t)
	edge := w.Edges[1]
	ann, bob := w.Person("ann").On(w.Edges[0]), w.Person("bob").On(edge)
	room := ann.Creates("tea")
	bob.Joins(room)
	bob.Follows(room)
	w.roundTrips(ann, bob, room, 30) // warm
	usual := w.roundTrips(ann, bob, room, 100)
	for range 10 {
		bob.ReadsNothing(edge, room)
	}
	beside := w.roundTrips(ann, bob, room, 100)
	t.Logf("a message took %s (median) and %s (9 of 10) alone, %s and %s beside readers that do not read",
		usual[len(usual)/2], usual[len(usual)*9/10], beside[len(beside)/2], beside[len(beside)*9/10])
	if median := beside[len(beside)/2]; median > 3*usual[len(usual)/2]+20*time.Millisecond {
		t.Errorf("the median went from %s to %s", usual[len(usual)/2], median)
	}
}

// roundTrips measures n times how long a message takes from its author to a
// reader, ascending. The messages are large, so that buffers fill.
func (w *Town) roundTrips(from, to *Person, room string, n int) []time.Duration {
	w.t.Helper()
	var took []time.Duration
	for i := range n {
		text := fmt.Sprintf("%d %s %s", i, random(4), strings.Repeat("x", 7000))
		start := time.Now()
		from.Posts(room, text)
		to.SeesLast(room, text)
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took
}

// flooding posts n large messages in all.
func (w *Town) flooding(room string, n int, people ...*Person) *Chatter {
	text := func(i int) string { return fmt.Sprintf("%d %s", i, strings.Repeat("x", 7900)) }
	return w.chattering(room, n/len(people), text, people...)
}

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

// resident is the edge's memory in bytes, as the kernel counts it.
func resident(t *testing.T, e *cluster.Edge) float64 {
	t.Helper()
	return metric(t, &e.Role, "process_resident_memory_bytes")
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
