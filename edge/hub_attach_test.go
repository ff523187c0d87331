package edge

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

func TestNothingIsLostOrDoubledBetweenTheSnapshotAndTheLiveEvents(t *testing.T) {
	leaks(t)
	w := newLoneWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, "public", "tea").ID
	const posters, each, readers = 3, 200, 24
	var posting sync.WaitGroup
	for i := range posters {
		posting.Go(func() {
			for j := range each {
				w.publishes(ada, room, fmt.Sprintf("%d-%d", i, j))
			}
		})
	}
	// Each reader attaches at another moment, from the beginning.
	got := make([][]string, readers)
	var reading sync.WaitGroup
	for i := range readers {
		s := ada.connects([]*node{one, two}[i%2])
		if a := s.follows(room, w.start()); a.Op != "subscribed" {
			t.Fatalf("answer %+v", a)
		}
		reading.Go(func() { got[i], _ = s.hearsTexts(posters*each, 0) })
	}
	posting.Wait()
	reading.Wait()
	for i := range got {
		if !slices.Equal(got[i], got[0]) {
			t.Errorf("reader %d saw another order than reader 0", i)
		}
	}
	seen := map[string]bool{}
	for _, text := range got[0] {
		if seen[text] {
			t.Errorf("%q came twice", text)
		}
		seen[text] = true
	}
}

func TestAResumeIsServedFromTheRingTheLogOrBothWithoutAGap(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, "public", "tea").ID
	texts := numbered("before", 1500)
	w.publishes(ada, room, texts...)

	far := ada.connects(one) // 1500 behind: pages of its own
	far.follows(room, w.start())
	got, last := far.hearsTexts(1500, 0)
	if !slices.Equal(got, texts) {
		t.Errorf("replayed %d texts, not those that were posted", len(got))
	}
	if n := valueOf(t, one.hub.metrics.replayed.WithLabelValues("log")); n < 1500 {
		t.Errorf("%v events came from the log", n)
	}
	w.publishes(ada, room, "live")
	if got, _ := far.hearsTexts(1, last); got[0] != "live" {
		t.Errorf("after the replay: %q", got)
	}

	fromLog := valueOf(t, one.hub.metrics.replayed.WithLabelValues("log"))
	for range 20 { // 101 behind: the ring, filled by one read for all
		near := ada.connects(one)
		near.follows(room, fmt.Sprintf("%s-%d", w.start()[:8], last-100))
		if got, _ := near.hearsTexts(101, last-100); got[100] != "live" {
			t.Errorf("the last of the resumed is %q", got[100])
		}
	}
	if n := valueOf(t, one.hub.metrics.replayed.WithLabelValues("log")); n != fromLog {
		t.Errorf("resuming 100 events read %v from the log again", n-fromLog)
	}
	if n := valueOf(t, one.hub.metrics.replayed.WithLabelValues("ring")); n < 20*101 {
		t.Errorf("%v events came from the ring", n)
	}
}

func TestAPositionThatCannotBeHonouredIsAnsweredByReset(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, "public", "tea").ID
	last := w.publishes(ada, room, "a", "b", "c")
	inc := w.start()[:8]
	other := "00000000"
	if inc == other {
		other = "11111111"
	}
	for after, want := range map[string]string{
		other + "-1":                     "incarnation",
		fmt.Sprintf("%s-%d", inc, 1<<40): "future",
	} {
		s := ada.connects(one)
		a := s.follows(room, after)
		if a.Op != "reset" || a.Reason != want || seqOf(t, a.Position) != last {
			t.Errorf("after %s: %+v, want a reset (%s) at %d", after, a, want, last)
		}
		next := w.publishes(ada, room, "d")
		if got, seq := s.hearsTexts(1, last); got[0] != "d" || seq != next {
			t.Errorf("after the reset: %q at %d", got, seq)
		}
		last = next
	}
	s := ada.connects(one)
	for _, after := range []string{"x", inc + "-01", inc + "--1", inc + "-" + "9999999999999999999999"} {
		if a := s.follows(room, after); a.Op != "error" || a.code() != "bad_position" {
			t.Errorf("after %q: %+v", after, a)
		}
	}
}

func TestAPositionOfTheWholeLogIsAPositionOfEveryRoom(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	quiet := ada.makes(one, "public", "quiet").ID
	busy := ada.makes(one, "public", "busy").ID
	high := w.publishes(ada, busy, numbered("busy", 50)...)
	s := ada.connects(one)
	after := fmt.Sprintf("%s-%d", w.start()[:8], high)
	if a := s.follows(quiet, after); a.Op != "subscribed" || a.Position != after {
		t.Fatalf("%+v, want subscribed at %s", a, after)
	}
	w.publishes(ada, quiet, "first")
	if got, _ := s.hearsTexts(1, high); got[0] != "first" {
		t.Errorf("heard %q", got)
	}
}
