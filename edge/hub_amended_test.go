package edge

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// tells subscribes after a position and returns the types of what comes, up to
// the event at last, and all of its bytes. It fails at what a client would take
// for a hole.
func (s *socket) tells(room, after string, last uint64) (types []string, all string) {
	s.t.Helper()
	if h := s.follows(room, after); h.Op != "subscribed" {
		s.t.Fatalf("%+v", h)
	}
	for had, first := seqOf(s.t, after), true; had < last; first = false {
		h := s.next()
		if h.Op != "event" || h.Prev > had || h.Seq <= had || !first && h.Prev != had {
			s.t.Fatalf("seq %d with prev %d after %d: %+v", h.Seq, h.Prev, had, h)
		}
		had = h.Seq
		ev, err := events.Decode(h.Event)
		if err != nil {
			s.t.Fatal(err)
		}
		types = append(types, strings.TrimPrefix(string(ev.Type), "message."))
		all += string(h.Event)
	}
	return types, all
}

// deletedStory is a room in which a message was posted, edited and deleted.
func deletedStory(t *testing.T, w *world, n *node) (ada *person, room string, from Ack, last uint64) {
	t.Helper()
	ada = n.join(t, "ada")
	room = ada.makes(n, chat.Public, "Tea").ID
	from = ada.posts(n, room, "first")
	m := ada.posts(n, room, "the secret")
	ada.posts(n, room, "between")
	ada.edits(n, room, m.Seq, "another secret").must(t, 200)
	ada.reacts(n, room, m.Seq, "👍", true).must(t, 200)
	ada.deletes(n, room, m.Seq).must(t, 200)
	return ada, room, from, ada.posts(n, room, "last").Seq
}

var afterDeletion = []string{"erased", "posted", "reacted", "deleted", "posted"}

// The room was live all the time: its ring heard the text, and forgot it.
func TestAResumeFromTheRingBringsNoDeletedText(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	eve := one.join(t, "eve")
	listens := eve.connects(one)
	room := eve.makes(one, chat.Public, "Tea").ID
	from := eve.posts(one, room, "first")
	listens.follows(room, "")
	m := eve.posts(one, room, "the secret")
	eve.posts(one, room, "between")
	eve.edits(one, room, m.Seq, "another secret").must(t, 200)
	eve.reacts(one, room, m.Seq, "👍", true).must(t, 200)
	eve.deletes(one, room, m.Seq).must(t, 200)
	last := eve.posts(one, room, "last").Seq
	for listens.hears("event").Seq != last { // so the topic has it
	}
	before := valueOf(t, one.hub.metrics.replayed.WithLabelValues("log"))
	types, all := eve.connects(one).tells(room, from.Position, last)
	if !slices.Equal(types, afterDeletion) || strings.Contains(all, "secret") {
		t.Errorf("%q: %s", types, all)
	}
	if valueOf(t, one.hub.metrics.replayed.WithLabelValues("log")) != before {
		t.Error("it did not come from the ring")
	}
}

// The log still has the text: it is erased some time after the deletion.
func TestAReplayOfALogThatIsNotErasedYetBringsNoDeletedText(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, room, from, last := deletedStory(t, w, one)
	types, all := ada.connects(two).tells(room, from.Position, last)
	if !slices.Equal(types, afterDeletion) || strings.Contains(all, "secret") {
		t.Errorf("%q: %s", types, all)
	}
	a := ada.call(two, "GET", "/api/rooms/"+room+"/events?after="+from.Position, "").must(t, 200)
	if f := into[Follow](t, a); bytes.Contains(a.body, []byte("secret")) || len(f.Events) != len(afterDeletion) || f.Events[0].Prev != from.Seq {
		t.Errorf("a long poll: %s", a.body)
	}
}

// Erased entries are holes in the log that nobody takes for lost events.
func TestErasedEntriesAreNoGap(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, room, from, last := deletedStory(t, w, one)
	listens := ada.connects(one)
	listens.follows(room, "")
	for _, entry := range w.inRoom(room) {
		if bytes.Contains(entry.Body, []byte("secret")) {
			w.erases(entry)
		}
	}
	want := []string{"posted", "reacted", "deleted", "posted"}
	for range 2 {
		fresh := w.edge() // without a ring
		types, _ := ada.connects(fresh).tells(room, from.Position, last)
		if !slices.Equal(types, want) {
			t.Errorf("%q", types)
		}
		f := into[Follow](t, ada.call(fresh, "GET", "/api/rooms/"+room+"/events?after="+from.Position, "").must(t, 200))
		for had, i := from.Seq, 0; i < len(f.Events); had, i = f.Events[i].Seq, i+1 {
			if f.Events[i].Prev != had {
				t.Errorf("a long poll: seq %d with prev %d after %d", f.Events[i].Seq, f.Events[i].Prev, had)
			}
		}
		next := ada.posts(fresh, room, "and on")
		h := listens.hears("event")
		if h.Seq != next.Seq || h.Prev != last {
			t.Errorf("live: seq %d with prev %d, want %d with %d", h.Seq, h.Prev, next.Seq, last)
		}
		last, want = next.Seq, append(want, "posted")
	}
	if n := valueOf(t, one.hub.metrics.resets.WithLabelValues(string(resetHole))); n != 0 {
		t.Errorf("%v resets", n)
	}
}

func TestFramesDoWhatTheirRoutesDo(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	s := ada.connects(one)
	s.follows(room, "")
	m := ada.posts(two, room, "helo")
	s.sends(editFrame{Op: "edit", ID: 10, Room: room, Seq: m.Seq, Key: chat.NewID(), Text: "hello"})
	s.sends(reactFrame{Op: "react", ID: 11, Room: room, Seq: m.Seq, Emoji: "👍", On: true})
	s.sends(reactFrame{Op: "react", ID: 12, Room: room, Seq: m.Seq, Emoji: "👍", On: true})
	s.sends(pinFrame{Op: "pin", ID: 13, Room: room, Seq: m.Seq, On: true})
	s.sends(postFrame{Op: "post", ID: 14, Room: room, Key: chat.NewID(), Text: "why", Reply: m.Seq})
	for id := uint64(10); id <= 14; id++ {
		h := s.hears("ack")
		if h.ID != id || h.Room != room || (h.Message == "") != (id == 12) || id == 12 && h.Seq != m.Seq {
			t.Errorf("%+v", h)
		}
	}
	item, ev := ada.seesMessage(two, room, m.Seq)
	if textOf(t, ev) != "hello" || len(item.Reactions) != 1 || !item.Pinned {
		t.Errorf("%s %+v", item.Event, item)
	}
	s.sends(deleteFrame{Op: "delete", ID: 15, Room: room, Seq: m.Seq})
	if h := s.hears("ack"); h.ID != 15 {
		t.Errorf("%+v", h)
	}
	s.sends(editFrame{Op: "edit", ID: 16, Room: room, Seq: m.Seq, Key: chat.NewID(), Text: "back"})
	if h := s.hears("error"); h.ID != 16 || !h.says(chat.MessageDeleted) || h.Room != room {
		t.Errorf("%+v", h)
	}
	s.sends(reactFrame{Op: "react", ID: 17, Room: room, Seq: m.Seq, Emoji: "nice"})
	if h := s.hears("error"); h.ID != 17 || !h.says(chat.BadRequest) {
		t.Errorf("%+v", h)
	}
}
