package edge

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// hears gives the topic a message, as the feed would.
func (t *topic) hears(seq, prev uint64, text string) {
	ev := events.New(events.MessagePosted, chat.NewID(), t.scope, events.Person{ID: chat.NewID(), Name: "ada"}, time.Now(),
		events.MessagePostedData{Key: chat.NewID(), Text: text})
	t.Event(events.Entry{Stream: events.Chat, Subject: t.subject, Seq: seq, Prev: prev, Body: ev.Encode()})
}

// shown decodes the event frames that a sink got.
func (r *sinkRecorder) shown(t *testing.T) (frames []eventFrame) {
	t.Helper()
	for _, raw := range r.frames {
		text := raw[2:]
		if raw[1] == 126 {
			text = raw[4:]
		}
		var f eventFrame
		if err := json.Unmarshal(text, &f); err != nil {
			t.Fatalf("%v in %q", err, raw)
		}
		if f.Op == "event" {
			frames = append(frames, f)
		}
	}
	return frames
}

func TestAClientThatIsAheadOfThisEdgeIsNotSentWhatItHas(t *testing.T) {
	topic := newTestTopic()
	topic.hears(5, 0, "a")
	to := &sinkRecorder{}
	s := &subscription{topic: topic, to: to, user: "bob", at: 8, covered: 8} // heard of 8 elsewhere
	topic.join(s)
	topic.hears(6, 5, "b")
	topic.hears(8, 6, "c")
	topic.hears(11, 8, "d")
	topic.hears(12, 11, "e")
	got := to.shown(t)
	if len(got) != 2 || got[0].Seq != 11 || got[0].Prev != 8 || got[1].Seq != 12 || got[1].Prev != 11 {
		t.Errorf("shown %+v", got)
	}
	if s.state != subLive {
		t.Error("it is in step now, and still not among the others")
	}
}

func TestAnEventThatNobodyCanReadLeavesNoHoleInPrev(t *testing.T) {
	topic := newTestTopic()
	live, late := &sinkRecorder{}, &sinkRecorder{}
	topic.join(&subscription{topic: topic, to: live, user: "bob"})
	topic.hears(5, 0, "a")
	topic.Event(events.Entry{Stream: events.Chat, Subject: topic.subject, Seq: 6, Prev: 5, Body: []byte("nonsense")})
	topic.hears(7, 6, "b")
	got := live.shown(t)
	if len(got) != 2 || got[1].Seq != 7 || got[1].Prev != 5 {
		t.Errorf("live: %+v", got)
	}
	s := &subscription{topic: topic, to: late, user: "bob", at: 5, covered: 5}
	topic.hold()
	if topic.step(s) != caughtUp {
		t.Fatal("the ring does not reach back")
	}
	if got := late.shown(t); len(got) != 1 || got[0].Seq != 7 || got[0].Prev != 5 {
		t.Errorf("resumed: %+v", got)
	}
}

func TestAHoleThatTheLogCannotFillIsSaidToEverybody(t *testing.T) {
	topic := newTestTopic()
	to, replaying := &sinkRecorder{}, &sinkRecorder{}
	topic.join(&subscription{topic: topic, to: to, user: "bob"})
	topic.hears(5, 0, "a")
	coming := &subscription{topic: topic, to: replaying, user: "eve", at: 3, covered: 3}
	topic.hold()
	topic.Reset(9)
	topic.hears(10, 9, "b")
	if to.count(`"reason":"hole"`) != 1 {
		t.Error("who was attached was not told")
	}
	if got := to.shown(t); len(got) != 2 || got[1].Prev != 9 {
		t.Errorf("after the hole: %+v", got)
	}
	if topic.step(coming) != caughtUp || replaying.count(`"reason":"hole"`) != 1 {
		t.Error("who was replaying was not told")
	}
}

func TestARingForgetsTheOldestAndKeepsItsBound(t *testing.T) {
	var r ring
	r.reset(0)
	total := 0
	for seq := uint64(1); seq <= 3*ringItems; seq++ {
		total += r.add(item{seq: seq, prev: seq - 1, frame: make([]byte, 1000)}, ringBytes)
	}
	if r.bytes > ringBytes || total != r.bytes || len(r.items) != ringBytes/1000 {
		t.Errorf("%d items of %d bytes (%d counted)", len(r.items), r.bytes, total)
	}
	if _, ok := r.after(r.floor - 1); ok {
		t.Error("it claims to reach back further than it does")
	}
	if items, ok := r.after(r.floor); !ok || len(items) != len(r.items) || items[0].seq != r.floor+1 {
		t.Error("it does not reach back to its floor")
	}
	r.add(item{seq: 3*ringItems + 1, frame: make([]byte, 2*ringBytes)}, ringBytes)
	if items, ok := r.after(3*ringItems + 1); !ok || len(items) != 0 || r.bytes != 0 {
		t.Errorf("an item larger than the ring: %d bytes kept", r.bytes)
	}
}

func TestFramesAreWhatTheStructsSay(t *testing.T) {
	const room = "01900000-0000-7000-8000-000000000001"
	for _, size := range []int{2, 100, 200, 65_400, 70_000} {
		body := append(append([]byte(`"`), make([]byte, size)...), '"')
		for i := 1; i <= size; i++ {
			body[i] = 'x'
		}
		frame, event := encodeEvent(room, 1<<53, 7, body)
		want := encodeFrame(eventFrame{Op: "event", Room: room, Seq: 1 << 53, Prev: 7, Event: body})
		if string(frame) != string(want) || string(event) != string(body) {
			t.Errorf("%d bytes: %.200q, want %.200q", size, frame, want)
		}
	}
}

func TestTheFirstSharedEventAfterAReplayNamesAPrevThatTheClientHas(t *testing.T) {
	topic := newTestTopic()
	topic.last, topic.shown = 6, 6 // opened at 6, which nobody can read: replays end at 5
	topic.ring.reset(6)
	to := &sinkRecorder{}
	s := &subscription{topic: topic, to: to, user: "bob", at: 5, covered: 6, sent: 1}
	topic.join(s)
	topic.hears(7, 6, "a")
	topic.hears(8, 7, "b")
	if got := to.shown(t); len(got) != 2 || got[0].Prev != 5 || got[1].Prev != 7 {
		t.Errorf("shown %+v", got)
	}
}
