package events_test

import (
	"strings"
	"testing"

	"github.com/natter-chat/natter/events"
)

func TestEveryEventHasASubjectOfItsStream(t *testing.T) {
	for _, row := range events.Table {
		ev := example(t, row.Type)
		stream, ok := events.StreamOf(ev.Subject())
		if !ok || stream != row.Stream {
			t.Errorf("%s is published on %s, which belongs to %q", row.Type, ev.Subject(), stream)
		}
		if strings.Count(ev.Subject(), ".") != 1 {
			t.Errorf("%s: the subject %s must have two tokens, or Nats-Last-Sequence is not its predecessor", row.Type, ev.Subject())
		}
	}
}

func TestTheTableIsWhole(t *testing.T) {
	seen := map[events.Type]bool{}
	for _, row := range events.Table {
		if seen[row.Type] {
			t.Errorf("%s stands in the table twice", row.Type)
		}
		seen[row.Type] = true
		if row.Payload == nil || row.Meaning == "" || len(row.Readers) == 0 || row.Stream.Prefix() == "" || row.Origin == "" {
			t.Errorf("the row of %s is incomplete: %+v", row.Type, row)
		}
		if found, ok := events.Lookup(row.Type); !ok || found.Type != row.Type {
			t.Errorf("%s is not found", row.Type)
		}
	}
}

func TestOnlyCanonicalUUIDsAreIDs(t *testing.T) {
	good := []string{room, message, strings.Repeat("0", 8) + "-0000-0000-0000-000000000000"}
	bad := []string{"", "*", ">", "a.b", "../etc", strings.ToUpper(room), room + "0", room[1:], "{" + room + "}",
		strings.ReplaceAll(room, "-", ""), strings.Replace(room, "a", "\r", 1), strings.Replace(room, "4a", "é", 1), strings.Replace(room, "-", "0", 1)}
	for _, id := range good {
		if !events.IsID(id) {
			t.Errorf("%q is an id", id)
		}
	}
	for _, id := range bad {
		if events.IsID(id) {
			t.Errorf("%q is no id", id)
		}
	}
}

func TestASubjectOfNoIDPanicsRatherThanWidensASubscription(t *testing.T) {
	for _, scope := range []string{"*", ">", "a.b", ""} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("chat.%s became a subject", scope)
				}
			}()
			events.Chat.Subject(scope)
		}()
	}
}

func TestATraceKeepsItsID(t *testing.T) {
	first, second := events.NewTrace(), events.NewTrace()
	if len(first) != 55 || first == second {
		t.Errorf("traces %q and %q", first, second)
	}
	if id := events.TraceID(first); len(id) != 32 || !strings.Contains(first, "-"+id+"-") {
		t.Errorf("trace id %q of %q", id, first)
	}
	if id := events.TraceID("nonsense"); id != "" {
		t.Errorf("nonsense has the trace id %q", id)
	}
}
