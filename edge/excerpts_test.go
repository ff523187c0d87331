package edge

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// tellsOf notifies somebody of a message, as the notifier would.
func (w *world) tellsOf(p *person, room string, m Ack) uint64 {
	return w.puts(events.New(events.Notified, chat.NotificationID(p.id, m.Message, "mention"), p.id, events.Person{}, time.Now(),
		events.NotifiedData{Kind: "mention", Room: room, Name: "Tea", Source: m.Message, Seq: m.Seq}))
}

// excerptOf returns what a notification shows of its message.
func excerptOf(t testing.TB, body []byte) string {
	t.Helper()
	ev, err := events.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	data, err := events.DataOf[events.NotifiedData](ev)
	if err != nil {
		t.Fatal(err)
	}
	return data.Text
}

// A notification shows what its message says when it is shown: in the list and
// on streams, whatever is stored and whether or not the room is followed here.
func TestANotificationShowsWhatItsMessageSaysNow(t *testing.T) {
	tables(t, func(t *testing.T, w *world, persist func()) {
		one, two := w.edge(), w.edge()
		ada, bob := one.join(t, "ada"), one.join(t, "bob")
		room := ada.makes(one, chat.Public, "Tea").ID
		bob.enters(one, room)
		bob.connects(two).follows(room, "")
		m := ada.posts(one, room, "helo @bob")
		persist()
		n := w.tellsOf(bob, room, m)
		start := chat.Position{Incarnation: w.log.Incarnation(events.Notify), Seq: n - 1}.String()
		shows := func(want string) {
			t.Helper()
			for _, n := range []*node{one, two} { // two follows the room
				testenv.Until(t, "the room's ring has it", func() bool {
					return n == one || func() bool {
						q, heard := two.hub.quote(bob.id, chat.Spot{Room: room, Seq: m.Seq})
						return !heard || q.Excerpt == want
					}()
				})
				if got := excerptOf(t, bob.notified(n, "").Items[0].Event); got != want {
					t.Errorf("the list shows %q, want %q", got, want)
				}
				var data sseEventData
				if err := json.Unmarshal([]byte(bob.listens(n, start).hears(sseNotification).data), &data); err != nil {
					t.Fatal(err)
				}
				if got := excerptOf(t, data.Event); got != want {
					t.Errorf("the stream shows %q, want %q", got, want)
				}
			}
		}
		shows("helo @bob")
		ada.edits(one, room, m.Seq, "hello @bob").must(t, 200)
		shows("hello @bob")
		persist()
		shows("hello @bob")
		other := ada.posts(one, room, "for members")
		ada.deletes(one, room, m.Seq).must(t, 200)
		shows("")
		persist()
		shows("")
		w.tellsOf(bob, room, other)
		bob.call(one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
		for _, n := range []*node{one, two} {
			if got := excerptOf(t, bob.notified(n, "").Items[0].Event); got != "" {
				t.Errorf("to somebody who left: %q", got)
			}
		}
	})
}

// The notifier of an earlier version wrote the text into the log, where a deletion
// does not reach it.
func TestAnExcerptThatTheLogStillHasIsNotShownForADeletedMessage(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	m := ada.posts(one, room, "helo @bob")
	w.puts(events.New(events.Notified, chat.NotificationID(bob.id, m.Message, "mention"), bob.id, events.Person{}, time.Now(),
		events.NotifiedData{Kind: "mention", Room: room, Name: "Tea", Source: m.Message, Seq: m.Seq, Text: "helo @bob"}))
	ada.deletes(one, room, m.Seq).must(t, 200)
	if got := excerptOf(t, bob.notified(one, "").Items[0].Event); got != "" {
		t.Errorf("the list shows %q", got)
	}
}
