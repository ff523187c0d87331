package jetstream

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

func TestALeaderIsBelievedWhileItHearsAMajority(t *testing.T) {
	near, far, never := &jetstream.PeerInfo{Active: time.Second}, &jetstream.PeerInfo{Active: 3 * time.Second}, &jetstream.PeerInfo{}
	for _, c := range []struct {
		peers    []*jetstream.PeerInfo
		believed bool
	}{
		{nil, true},
		{[]*jetstream.PeerInfo{near, near}, true},
		{[]*jetstream.PeerInfo{near, far}, true},
		{[]*jetstream.PeerInfo{far, far}, false},
		{[]*jetstream.PeerInfo{far, far, near, near}, true},
		{[]*jetstream.PeerInfo{far, far, far, near}, false},
		{[]*jetstream.PeerInfo{never, near}, true},
		{[]*jetstream.PeerInfo{never, never}, false},
	} {
		err := quorate(events.Chat, &jetstream.ClusterInfo{Leader: "nats-1", Replicas: c.peers})
		if (err == nil) != c.believed {
			t.Errorf("with %d followers: %v, want believed: %v", len(c.peers), err, c.believed)
		}
	}
	if err := quorate(events.Chat, &jetstream.ClusterInfo{Replicas: []*jetstream.PeerInfo{near, near, near}}); err == nil {
		t.Error("a server that knows no leader was believed")
	}
}

func TestALeaderWhoseFollowersAreGoneAnswersForNobodySoon(t *testing.T) {
	servers, _ := testenv.NATSServers(t)
	l := newLogOf(t, servers)
	room := chat.NewID()
	if _, _, err := l.Publish(t.Context(), post(room, "hello")); err != nil {
		t.Fatal(err)
	}
	testenv.Until(t, "it can be read", func() bool {
		page, _, err := l.Read(t.Context(), events.Chat.Subject(room), 0, 10)
		return err == nil && len(page) == 1
	})
	leader := leaderOf(t, l)
	for i, s := range servers {
		if i != leader {
			if err := s.Stop(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	// The server itself would take ten seconds to notice.
	for until := time.Now().Add(heardWithin + quorateFor + 2*time.Second); ; time.Sleep(50 * time.Millisecond) {
		_, stated := l.State(t.Context(), events.Chat)
		_, _, read := l.Read(t.Context(), events.Chat.Subject(room), 0, 10)
		if stated != nil && read != nil {
			t.Log(stated, read)
			break
		}
		if time.Now().After(until) {
			t.Fatalf("a leader without followers still answers: %v, %v", stated, read)
		}
	}
	if got := chat.CodeOf(l.checkLeader(t.Context(), events.Chat)); got != chat.Unavailable {
		t.Errorf("clients are told %q, want unavailable", got)
	}
}

func TestAnAnswerOfThePastIsNotBelieved(t *testing.T) {
	l := newLog(t)
	seq, _, err := l.Publish(t.Context(), post(chat.NewID(), "hello"))
	if err != nil {
		t.Fatal(err)
	}
	if state, err := l.State(t.Context(), events.Chat); err != nil || state.Last < seq {
		t.Fatalf("the state after %d is %+v, %v", seq, state, err)
	}
	l.reaches(events.Chat, seq+1) // as if another leader had acknowledged it
	if state, err := l.State(t.Context(), events.Chat); chat.CodeOf(err) != chat.Unavailable {
		t.Errorf("the state is %+v, %v, want unavailable", state, err)
	}
	if _, _, err := l.Publish(t.Context(), post(chat.NewID(), "hello again")); err != nil {
		t.Fatal(err)
	}
	if _, err := l.State(t.Context(), events.Chat); err != nil {
		t.Errorf("the leader knows all again, and is not believed: %v", err)
	}
}
