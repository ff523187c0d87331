package edge

import (
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/testenv"
)

// overhears reads until the answer to a ping and returns what came before it.
func (s *socket) overhears() (ops []string) {
	s.t.Helper()
	s.sends(pingFrame{Op: "ping", ID: 4242})
	for {
		h := s.next()
		if h.Op == "pong" {
			return ops
		}
		ops = append(ops, h.Op)
	}
}

// tells reports whether frames of presence or typing are among the ops.
func tells(ops []string) bool {
	for _, op := range ops {
		if strings.HasPrefix(op, "pres") || op == "typing" {
			return true
		}
	}
	return false
}

func TestStrangersAndExMembersLearnNothingOfWhoIsThereOrTypes(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob, eve := one.join(t, "ada"), two.join(t, "bob"), two.join(t, "eve")
	room := ada.makes(one, "public", "tea").ID
	bob.enters(two, room)
	stranger := eve.connects(two)
	for _, frame := range []any{watchFrame{Op: "watch", ID: 1, Rooms: []string{room}}, unwatchFrame{Op: "unwatch", ID: 1, Rooms: []string{room}},
		typeFrame{Op: "typing", ID: 1, Room: room}} {
		stranger.sends(frame)
		if h := stranger.next(); h.Op != "error" || !h.says(chat.NotFound) {
			t.Errorf("%+v: %+v", frame, h)
		}
	}
	staying, leaving := ada.watches(one, room), bob.watches(two, room)
	leaving.sees(ada, chat.Here)
	leaving.sees(bob, chat.Here)
	staying.sees(bob, chat.Here)
	bob.leaves(two, room)
	leaving.hears("unsubscribed")
	staying.sees(bob, chat.Offline) // of this room
	// Whatever happens from here on is none of bob's.
	ada.connects(one).sends(standingFrame{Op: "presence", State: chat.Away})
	staying.sends(standingFrame{Op: "presence", State: chat.Away})
	staying.sees(ada, chat.Away)
	staying.sends(typeFrame{Op: "typing", Room: room})
	testenv.Until(t, "the other edge has heard of it", func() bool { return two.presence.standings([]string{ada.id})[0] == chat.Away })
	if ops := leaving.overhears(); tells(ops) {
		t.Errorf("who has left heard %v", ops)
	}
	leaving.sends(watchFrame{Op: "watch", ID: 7, Rooms: []string{room}})
	if h := leaving.next(); !h.says(chat.NotFound) {
		t.Errorf("who has left watches: %+v", h)
	}
	if ops := stranger.overhears(); tells(ops) {
		t.Errorf("a stranger heard %v", ops)
	}
}

func TestTypingIsShownToTheOthersWhoFollowTheRoomAndToNobodyElse(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), two.join(t, "bob")
	room, other := ada.makes(one, "public", "tea").ID, ada.makes(one, "public", "chess").ID
	bob.enters(two, room)
	bob.enters(two, other)
	types, here, elsewhere := ada.connects(one), bob.connects(two), bob.connects(two)
	again := ada.connects(two)
	types.follows(room, "")
	here.follows(room, "")
	again.follows(room, "")
	elsewhere.follows(other, "")
	for range 5 { // one in two seconds counts
		types.sends(typeFrame{Op: "typing", Room: room})
	}
	if h := here.hears("typing"); h.Room != room || string(h.User) != `"`+ada.id+`"` {
		t.Errorf("%+v", h)
	}
	last := ada.posts(one, room, "done").Seq // what is said later comes later
	for h := here.next(); h.Seq != last; h = here.next() {
		if h.Op == "typing" {
			t.Error("it came twice")
		}
	}
	for who, s := range map[string]*socket{"the one who types": types, "their other device": again, "who follows another room": elsewhere} {
		if ops := s.overhears(); tells(ops) {
			t.Errorf("%s heard %v", who, ops)
		}
	}
}

func TestWhoIsMutedDoesNotType(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob, eve := one.join(t, "ada"), one.join(t, "bob"), one.join(t, "eve")
	room := ada.makes(one, "public", "tea").ID
	bob.enters(one, room)
	eve.enters(one, room)
	muted, here, other := bob.connects(one), ada.connects(one), eve.connects(one)
	for _, s := range []*socket{muted, here, other} {
		s.follows(room, "")
	}
	if a := ada.call(one, "PUT", "/api/rooms/"+room+"/members/"+bob.id+"/muted", `{"minutes":5}`); a.status >= 300 {
		t.Fatalf("%s", a.body)
	}
	muted.hears("event") // the topic has heard that he is
	muted.sends(typeFrame{Op: "typing", Room: room})
	muted.sends(pingFrame{Op: "ping"})
	muted.hears("pong")                              // his frames are handled in turn
	other.sends(typeFrame{Op: "typing", Room: room}) // would come after his
	if h := here.hears("typing"); string(h.User) != `"`+eve.id+`"` {
		t.Errorf("%s types, not eve", h.User)
	}
}
