package test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/test/cluster"
)

func TestATraceFollowsAMessageFromTheEdgeThroughBothWorkers(t *testing.T) {
	w := town(t)
	alice, bob := w.Person("alice"), w.Person("bob")
	room := alice.Opens(bob)
	said, err := alice.Post(alice.ctx(), room, chat.NewID(), "follow me")
	alice.must("post", err)
	entry, _ := audit(t, w.Cluster).Find(said.Message)
	trace := events.TraceID(entry.Trace)
	if trace == "" {
		t.Fatalf("the log's entry has the trace %q", entry.Trace)
	}
	for _, r := range []*cluster.Role{&w.Edges[0].Role, w.Persisters[0], w.Notifiers[0]} {
		eventually(t, deadline, func() error {
			if !strings.Contains(r.Log(), trace) {
				return fmt.Errorf("%s never logged the trace %s", r.Name, trace)
			}
			return nil
		})
	}
}
