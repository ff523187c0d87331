package edge

import (
	"bytes"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
)

// sentSink calls sent while a frame is sent.
type sentSink struct {
	sinkRecorder
	sent func()
}

func (s *sentSink) send(frame []byte) {
	s.sent()
	s.sinkRecorder.send(frame)
}

// watching is a topic with a subscription, and a crowd of which seven changes were
// told before.
func watching(to sink) (*topic, *presence, *crowd, *subscription) {
	topic, p := newTestTopic(), &presence{}
	topic.hub.edge.presence = p
	c := &crowd{room: topic.scope, members: map[string]time.Time{}, n: 7}
	s := &subscription{topic: topic, to: to, user: "ada"}
	topic.mu.Lock()
	defer topic.mu.Unlock()
	topic.join(s)
	return topic, p, c, s
}

func TestNoChangeComesBeforeWhoIsThereOrIsLostBetween(t *testing.T) {
	to := &sentSink{}
	topic, p, c, s := watching(to)
	to.sent = func() {
		if p.mu.TryLock() {
			p.mu.Unlock()
			t.Error("somebody may come or go while it is told who is there")
		}
		if len(c.watchers) != 1 {
			t.Error("what changes from now on is not told")
		}
	}
	if err := topic.watch(s, c, 9); err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	c.tell(presenceFrame{Op: "presence", Room: c.room, User: "bob", State: chat.Here})
	p.mu.Unlock()
	if len(to.frames) != 2 || !bytes.Contains(to.frames[0], []byte(`"present"`)) || !bytes.Contains(to.frames[0], []byte(`"n":7`)) || !bytes.Contains(to.frames[1], []byte(`"n":8`)) {
		t.Errorf("%s", to.frames)
	}
}

func TestASubscriptionThatIsNotAttachedWatchesNothing(t *testing.T) {
	for _, state := range []uint8{subComing, subDetached} {
		to := &sinkRecorder{}
		topic, _, c, s := watching(to)
		topic.mu.Lock()
		topic.remove(s)
		s.state = state
		topic.mu.Unlock()
		if err := topic.watch(s, c, 9); !isCode(err, chat.NotFound) || len(c.watchers) != 0 || len(to.frames) != 0 {
			t.Errorf("state %d: %v, %d watchers, told %s", state, err, len(c.watchers), to.frames)
		}
	}
}
