package client

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

var room = uuid.NewString()

func posted(seq, prev uint64, id string) Frame {
	ev := events.New(events.MessagePosted, id, room, events.Person{}, time.Now(), events.MessagePostedData{Key: id, Text: "hi"})
	return Frame{Op: "event", Room: room, Seq: seq, Prev: prev, Event: json.RawMessage(ev.Encode())}
}

func TestAJournalAcceptsWhatTheProtocolPromises(t *testing.T) {
	j := NewJournal()
	j.record(Frame{Op: "subscribed", Room: room, Position: "00000001-4"})
	j.record(posted(7, 3, uuid.NewString()))
	j.record(posted(9, 7, uuid.NewString()))
	j.disconnected()
	j.record(Frame{Op: "subscribed", Room: room, Position: "00000001-9"})
	j.record(posted(10, 9, uuid.NewString()))
	j.record(Frame{Op: "reset", Room: room, Position: "00000001-20", Reason: "hole"})
	j.record(posted(21, 20, uuid.NewString()))
	if got := j.Violations(); len(got) > 0 {
		t.Fatalf("violations: %q", got)
	}
	if got := j.Room(room); len(got.Events) != 4 || len(got.Resets) != 1 || got.Resets[0].Before != 3 {
		t.Fatalf("the journal holds %+v", got)
	}
}

func TestAJournalSeesEveryBrokenPromise(t *testing.T) {
	id := uuid.NewString()
	start := Frame{Op: "subscribed", Room: room, Position: "00000001-4"}
	watched, ann := Frame{Op: "present", Room: room, N: 3}, json.RawMessage(`"ann"`)
	for name, c := range map[string]struct {
		frames []Frame
		want   string
	}{
		"a gap":                 {[]Frame{start, posted(7, 4, id), posted(9, 8, uuid.NewString())}, "prev is 8, but the event before was 7"},
		"a gap at first":        {[]Frame{start, posted(7, 6, id)}, "only what came up to 4"},
		"a lost predecessor":    {[]Frame{start, posted(7, 4, id), posted(9, 4, uuid.NewString())}, "the event before was 7"},
		"an event twice":        {[]Frame{start, posted(7, 4, id), posted(7, 4, id)}, "came twice"},
		"an id twice":           {[]Frame{start, posted(7, 4, id), posted(8, 7, id)}, "came twice"},
		"a step back":           {[]Frame{start, posted(7, 4, id), posted(6, 5, uuid.NewString())}, "came after 7"},
		"no subscription":       {[]Frame{posted(7, 0, id)}, "without a subscription"},
		"a subscription's hole": {[]Frame{start, {Op: "subscribed", Room: room, Position: "00000001-5"}}, "asked to resume from 00000001-4"},
		"another room's event":  {[]Frame{start, {Op: "event", Room: room, Seq: 5, Prev: 4, Event: posted(5, 4, id).Event[:0]}}, "undecodable"},
		"a presence left out":   {[]Frame{start, watched, {Op: "presence", Room: room, N: 5, User: ann, State: chat.Here}}, "presence 5 came after 3"},
		"a presence unasked":    {[]Frame{start, {Op: "presence", Room: room, N: 1, User: ann, State: chat.Here}}, "without a watch"},
		"a presence after all":  {[]Frame{start, watched, {Op: "unsubscribed", Room: room}, {Op: "presence", Room: room, N: 4, User: ann}}, "without a watch"},
		"an unknown op":         {[]Frame{{Op: "surprise"}}, "unknown op"},
	} {
		t.Run(name, func(t *testing.T) {
			j := NewJournal()
			for _, f := range c.frames {
				j.record(f)
			}
			if got := strings.Join(j.Violations(), "\n"); !strings.Contains(got, c.want) {
				t.Fatalf("violations: %q, want one with %q", got, c.want)
			}
		})
	}
}

func TestAJournalKnowsWhoIsThereWhileARoomIsWatched(t *testing.T) {
	j := NewJournal()
	j.record(Frame{Op: "subscribed", Room: room, Position: "00000001-4"})
	j.record(Frame{Op: "present", Room: room, N: 3, People: []Standing{{"ann", chat.Here}, {"bob", chat.Offline}}})
	j.record(Frame{Op: "presence", Room: room, N: 4, User: json.RawMessage(`"bob"`), State: chat.Away})
	j.record(Frame{Op: "presence", Room: room, N: 5, User: json.RawMessage(`"ann"`), State: chat.Offline})
	if got := j.Room(room).There; len(got) != 1 || got["bob"] != "away" {
		t.Errorf("the journal says %v", got)
	}
	j.disconnected()
	if got := j.Room(room).There; got != nil || len(j.Violations()) > 0 {
		t.Errorf("without a connection the journal says %v; violations: %q", got, j.Violations())
	}
}

func TestABellSeesANotificationThatRingsTwice(t *testing.T) {
	b := NewBell()
	ring := func(id, seq string) {
		ev := events.New(events.Notified, id, room, events.Person{}, time.Now(), events.NotifiedData{})
		b.ring(map[string]string{"id": "00000001-" + seq, "event": "notification", "data": `{"seq":` + seq + `,"event":` + string(ev.Encode()) + `}`})
	}
	first := uuid.NewString()
	ring(first, "3")
	ring(uuid.NewString(), "5")
	if got := b.Violations(); len(got) > 0 {
		t.Fatalf("violations: %q", got)
	}
	ring(first, "6")
	ring(uuid.NewString(), "6")
	if got := b.Violations(); len(got) != 2 {
		t.Fatalf("violations: %q, want two", got)
	}
}

func TestABellSeesWhatBelongsToSomebodyElse(t *testing.T) {
	b := NewBell()
	for i, scope := range []string{room, uuid.NewString()} {
		ev := events.New(events.Notified, uuid.NewString(), scope, events.Person{}, time.Now(), events.NotifiedData{})
		seq := strconv.Itoa(3 + i)
		b.ring(map[string]string{"id": "00000001-" + seq, "event": "notification", "data": `{"seq":` + seq + `,"event":` + string(ev.Encode()) + `}`})
		if got := b.Violations(); len(got) != i {
			t.Fatalf("violations: %q, want %d", got, i)
		}
	}
}
