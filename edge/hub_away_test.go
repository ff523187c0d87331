package edge

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// hearsEdit gives the topic an edit of the message at target, as the feed would.
func (t *topic) hearsEdit(seq, prev, target uint64) {
	ev := events.New(events.MessageEdited, chat.NewID(), t.scope, events.Person{ID: chat.NewID(), Name: "ada"}, time.Now(),
		events.MessageEditedData{Key: chat.NewID(), Seq: target, Message: chat.NewID(), Text: fmt.Sprint("edit of ", target)})
	t.Event(events.Entry{Stream: events.Chat, Subject: t.subject, Seq: seq, Prev: prev, Body: ev.Encode()})
}

func TestWhatIsWithheldFromOneReaderIsAHoleForNobody(t *testing.T) {
	topic := newTestTopic()
	topic.hears(5, 0, "while bob was away")
	topic.hears(7, 5, "he is back")
	always, back := &sinkRecorder{}, &sinkRecorder{}
	s := &subscription{topic: topic, to: back, user: "bob", from: 7, at: 7, covered: 7}
	topic.join(&subscription{topic: topic, to: always, user: "eve", at: 7, covered: 7})
	topic.join(s)
	topic.hearsEdit(8, 7, 5)
	topic.hearsEdit(9, 8, 0) // of nothing that is known
	topic.hears(10, 9, "a")
	if s.state != subLive {
		t.Error("he does not get the shared frames again")
	}
	topic.hears(11, 10, "b")
	topic.hearsEdit(12, 11, 7)
	topic.hearsEdit(13, 12, 5)
	topic.hearsEdit(14, 13, 10)
	late := &sinkRecorder{}
	topic.hold()
	if topic.step(&subscription{topic: topic, to: late, user: "bob", from: 7, at: 7, covered: 7}) != caughtUp {
		t.Fatal("the ring does not reach back")
	}
	for name, c := range map[string]struct {
		to   *sinkRecorder
		want []uint64
	}{
		"who was there":           {always, []uint64{8, 9, 10, 11, 12, 13, 14}},
		"who came back":           {back, []uint64{10, 11, 12, 14}},
		"who came back, resuming": {late, []uint64{10, 11, 12, 14}},
	} {
		had := uint64(7)
		var got []uint64
		for _, f := range c.to.shown(t) {
			if f.Prev != had {
				t.Errorf("%s: seq %d with prev %d after %d", name, f.Seq, f.Prev, had)
			}
			had = f.Seq
			got = append(got, f.Seq)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s is shown %d, want %d", name, got, c.want)
		}
	}
}

// An edit repeats the text, and nothing else of a message tells more of it.
func TestWhoWasAwayIsNotToldLaterWhatWasSaid(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Private, "Tea").ID
	invite := func() {
		ada.call(one, "POST", "/api/rooms/"+room+"/invitations", `{"name":"bob"}`).must(t, 204)
		bob.enters(one, room)
	}
	invite()
	bob.call(one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
	secret, gone := ada.posts(one, room, "open sesame"), ada.posts(one, room, "or sesamum")
	invite()
	w.persist()
	bob.call(one, "GET", fmt.Sprintf("/api/rooms/%s/messages/%d", room, secret.Seq), "").must(t, 404)
	m, err := w.seat(bob, room)
	if err != nil {
		t.Fatal(err)
	}
	from := one.position(events.Chat, m.From)
	live := []*socket{bob.connects(one), bob.connects(two)}
	for _, s := range live {
		s.follows(room, from)
	}
	first := ada.posts(one, room, "first")
	ada.edits(one, room, secret.Seq, "open sesame!").must(t, 200)
	ada.reacts(one, room, secret.Seq, "👍", true).must(t, 200)
	ada.pins(one, room, secret.Seq, true).must(t, 200)
	ada.deletes(one, room, gone.Seq).must(t, 200)
	ada.posts(one, room, "second")
	ada.edits(one, room, first.Seq, "first of all").must(t, 200)
	last := ada.posts(one, room, "last")
	want := []events.Type{events.MessagePosted, events.MessagePosted, events.MessageEdited, events.MessagePosted}
	told := func(where string, had uint64, next func() (seq, prev uint64, body []byte)) {
		t.Helper()
		var got []events.Type
		for had < last.Seq {
			seq, prev, body := next()
			if seq <= had || prev != had {
				t.Fatalf("%s: seq %d with prev %d after %d", where, seq, prev, had)
			}
			had = seq
			for _, of := range []Ack{secret, gone} {
				if bytes.Contains(body, []byte("sesam")) || bytes.Contains(body, []byte(of.Message)) {
					t.Errorf("%s: %s", where, body)
				}
			}
			ev, err := events.Decode(body)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, ev.Type)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", where, got, want)
		}
	}
	for i, s := range append(live, bob.connects(two), bob.connects(w.edge())) {
		if i >= len(live) { // they resume: from the ring, from the log
			s.follows(room, from)
		}
		told(fmt.Sprint("socket ", i), m.From, func() (uint64, uint64, []byte) { h := s.hears("event"); return h.Seq, h.Prev, h.Event })
	}
	for _, n := range []*node{one, two} {
		page := into[Follow](t, bob.call(n, "GET", "/api/rooms/"+room+"/events?after="+from, "").must(t, 200)).Events
		told("long poll", m.From, func() (uint64, uint64, []byte) {
			e := page[0]
			page = page[1:]
			return e.Seq, e.Prev, e.Event
		})
	}
}
