package test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
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
	const stuck, unread, bound = 10, 800, 4 << 20 // readers share a frame: without a bound, 600 messages left 6 MiB
	edge := w.Edges[1]
	ann, bob := w.Person("ann").On(w.Edges[0]), w.Person("bob").On(edge)
	room := ann.Creates("tea")
	bob.Joins(room)
	bob.Follows(room)
	w.flooding(room, 200, ann, bob).Wait(room) // what any traffic costs
	bob.SeesExactly(room, bob.Reads(room))
	memory, before := heap(t, edge), overflows(t, edge)
	var slow []*slowReader
	for range stuck {
		slow = append(slow, bob.ReadsNothing(edge, room))
	}
	want := w.flooding(room, unread, ann, bob).Wait(room)
	bob.SeesExactly(room, want)
	if got := overflows(t, edge) - before; got < stuck {
		t.Errorf("%v of %d queues were full: nothing was shown", got, stuck)
	}
	grown := heap(t, edge) - memory
	t.Logf("%d readers left %d MiB unread; the edge grew by %.1f MiB", stuck, stuck*unread*7900>>20, grown/(1<<20))
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
