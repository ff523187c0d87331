package edge

import (
	"fmt"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/testenv"
)

func TestAfterALeaveNothingOfTheRoomArrivesUntilTheRejoin(t *testing.T) {
	leaks(t)
	w := newLoneWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), two.join(t, "bob")
	room := ada.makes(one, "public", "tea").ID
	for round := range 5 {
		bob.enters(two, room)
		first, second := bob.connects(one), bob.connects(two)
		for _, s := range []*socket{first, second} {
			if a := s.follows(room, ""); a.Op != "subscribed" {
				t.Fatalf("round %d: %+v", round, a)
			}
		}
		ada.posts(one, room, "in")
		bob.call(one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
		ada.posts(one, room, "secret")
		bob.enters(one, room)
		ada.posts(one, room, "back")
		for i, s := range []*socket{first, second} {
			for {
				h := s.next()
				if h.Op == "event" && h.text(t) != "" && h.text(t) != "in" {
					t.Fatalf("round %d, socket %d: saw %q", round, i, h.text(t))
				}
				if h.Op == "unsubscribed" {
					if h.Reason != "left" || h.Room != room {
						t.Errorf("%+v", h)
					}
					break
				}
			}
			s.sends(pingFrame{Op: "ping", ID: 9})
			if h := s.next(); h.Op != "pong" {
				t.Errorf("round %d, socket %d: after leaving came %+v", round, i, h)
			}
			// A position from before is answered by a reset to the rejoin.
			a := s.follows(room, w.start())
			if a.Op != "reset" || a.Reason != "membership" {
				t.Fatalf("round %d: %+v, want a reset (membership)", round, a)
			}
			if got, _ := s.hearsTexts(1, seqOf(t, a.Position)); got[0] != "back" {
				t.Errorf("round %d: after the rejoin came %q", round, got)
			}
			s.ws.Close()
		}
		bob.call(one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
	}
}

func TestAReplayEndsAtTheUsersOwnLeave(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, "public", "tea").ID
	bob.enters(one, room)
	w.publishes(ada, room, numbered("in", 10)...)
	topic, err := one.hub.acquire(t.Context(), one.hub.rooms, room)
	if err != nil {
		t.Fatal(err)
	}
	defer topic.release()
	// The membership is read, then bob leaves, then the subscription goes on:
	// what follows the leave must not be replayed.
	m, err := w.seat(bob, room)
	if err != nil || m.Room.ID != room {
		t.Fatalf("%v %v", m, err)
	}
	bob.call(one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
	after := w.publishes(ada, room, "secret")
	testenv.Until(t, "the hub has heard it", func() bool { return topic.next(after-1) == nil })
	to := &sinkRecorder{}
	s := &subscription{topic: topic, to: to, user: bob.id, rev: m.Rev}
	topic.hold()
	p := chat.Position{Incarnation: w.start()[:8]}
	if err := topic.attach(t.Context(), s, &p); err != nil && err != errDetached {
		t.Fatal(err)
	}
	if to.count("secret") != 0 || to.count("in ") != 10 || to.count(`"unsubscribed"`) != 1 || to.forgotten != 1 {
		t.Errorf("replayed %d texts, the secret %d times, said unsubscribed %d times, forgot %d", to.count("in "), to.count("secret"), to.count(`"unsubscribed"`), to.forgotten)
	}
}

func TestALeaveBetweenTheDirectorysAnswerAndTheAttachIsNotMissed(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, "public", "tea").ID
	bob.enters(one, room)
	topic, err := one.hub.acquire(t.Context(), one.hub.rooms, room)
	if err != nil {
		t.Fatal(err)
	}
	defer topic.release()
	topic.expect()
	defer topic.arrived()
	m, err := w.seat(bob, room)
	if err != nil {
		t.Fatal(err)
	}
	bob.call(one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
	after := ada.posts(one, room, "secret").Seq
	testenv.Until(t, "the hub has heard it", func() bool { return topic.next(after-1) == nil })
	if topic.learn(bob.id, m) {
		t.Error("a membership that had ended was learned")
	}
	s := &subscription{topic: topic, to: &sinkRecorder{}, user: bob.id, rev: m.Rev}
	topic.hold()
	if err := topic.attach(t.Context(), s, nil); !isCode(err, chat.NotFound) {
		t.Errorf("attaching: %v, want not_found", err)
	}
}

func TestALateLeaveEndsNothing(t *testing.T) {
	topic := newTestTopic()
	to := &sinkRecorder{}
	s := &subscription{topic: topic, to: to, user: "bob", rev: 4}
	topic.join(s)
	topic.leave(leaving{"bob", 3})
	if s.state != subLive {
		t.Error("a leave of an earlier membership ended a later one")
	}
	topic.leave(leaving{"bob", 5})
	if s.state != subDetached {
		t.Error("the leave did not end it")
	}
}

func TestStrangersGetTheSameNotFoundAsForWhatDoesNotExist(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, eve := one.join(t, "ada"), one.join(t, "eve")
	private := ada.makes(one, "private", "tea").ID
	s := eve.connects(one)
	for _, room := range []string{private, chat.NewID()} {
		for op, frame := range map[string]any{
			"subscribe": subscribeFrame{Op: "subscribe", ID: 7, Rooms: []roomFrom{{Room: room}}},
			"post":      postFrame{Op: "post", ID: 7, Room: room, Key: chat.NewID(), Text: "hi"},
			"read":      readFrame{Op: "read", ID: 7, Room: room, Seq: 1},
		} {
			s.sends(frame)
			if h := s.next(); h.Op != "error" || h.code() != "not_found" || h.ID != 7 || h.Room != room {
				t.Errorf("%s: %+v", op, h)
			}
		}
	}
}

func TestWhoTriesManyIdsIsClosed(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	s := one.join(t, "eve").connects(one)
	for range maxBadFrames + 1 {
		s.sends(subscribeFrame{Op: "subscribe", ID: 7, Rooms: []roomFrom{{Room: chat.NewID()}}})
	}
	if code, bye := s.ends(); code != 1008 || string(bye.Code) != "1008" {
		t.Errorf("ended with %d (%s)", code, fmt.Sprint(bye))
	}
}
