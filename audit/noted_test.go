package audit

import (
	"testing"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/jetstream"
)

// The two events of a reuse reach the log one after the other, in any order, and
// the tables by two consumers.
func TestAWarningThatIsOnItsWayIsNoDifference(t *testing.T) {
	t.Parallel()
	w := newWorld(t, jetstream.SetupOptions{})
	for _, subject := range w.ties() {
		w.publishes(subject, nil)
	}
	w.settled()
	for _, first := range []events.Stream{events.Audit, events.Notify, events.Audit} {
		for _, subject := range w.betrays() {
			if s, _ := events.StreamOf(subject); s == first {
				w.publishes(subject, nil)
			}
		}
		testenv.Eventually(w, func() error { // the one is in the tables, the other waits in the outbox
			report := w.audit()
			if report.Streams[first].Lag > 0 {
				return errOnItsWay
			}
			return report.Err()
		})
	}
	w.rest()
	for _, s := range []events.Stream{events.Audit, events.Notify} { // now all are in the log, and the tables do not know of the last two
		w.publishes(s.Subject(w.ben.ID), nil)
	}
	w.finds(Options{}, "")
}
