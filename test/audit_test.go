package test

import (
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/cluster"
)

// Audited is an audit that found nothing wrong.
type Audited struct{ *cluster.Audit }

// audit waits until the workers have done all that there is to do, and fails
// unless the tables are the fold of the log and everybody was notified once.
func audit(t *testing.T, c *cluster.Cluster) Audited {
	t.Helper()
	var a *cluster.Audit
	eventually(t, 2*deadline, func() (err error) {
		// What is owed to somebody may still be on its way, what is doubled
		// stays doubled: only the last look counts.
		if a, err = c.Audit(deadline); err == nil {
			err = a.Err()
		}
		return err
	})
	return Audited{a}
}

// Has fails unless the log holds a message, at the sequence that was acked.
func (a Audited) Has(t *testing.T, message string, seq uint64) {
	t.Helper()
	if e, found := a.Find(message); !found || e.Seq != seq {
		t.Errorf("message %s was acked as %d, the log holds it as %d (found: %v)", message, seq, e.Seq, found)
	}
}

// HasAll fails unless the log holds all that was acknowledged, each under the
// id that belongs to its key, and nothing in those rooms that nobody sent.
func (a Audited) HasAll(t *testing.T, acked map[string]Said) {
	t.Helper()
	for id, m := range acked {
		e, found := a.Find(id)
		if !found || e.Seq != m.Seq {
			t.Errorf("%q was acked as %d, the log holds it as %d (found: %v)", m.Text, m.Seq, e.Seq, found)
			continue
		}
		ev, err := e.Event()
		if err != nil || id != chat.MessageID(ev.Actor.ID, m.Room, m.Key) {
			t.Errorf("%q is event %s, which is not its key's (%v)", m.Text, id, err)
		}
	}
	t.Logf("%d acknowledged messages, %d entries in the log", len(acked), len(a.Chat))
}
