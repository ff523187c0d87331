package edge

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// notify publishes a notification as the notifier would, and returns its sequence.
func (w *world) notify(p *person, room string) uint64 {
	w.t.Helper()
	source := chat.NewID()
	ev := events.New(events.Notified, chat.NotificationID(p.id, source, "mention"), p.id, events.Person{}, time.Now(),
		events.NotifiedData{Kind: "mention", Room: room, Name: "Tea", Source: source, Seq: 1})
	seq, _, err := w.log.Publish(w.t.Context(), ev)
	if err != nil {
		w.t.Fatal(err)
	}
	return seq
}

// tells is notify of an event of a room.
func (w *world) tells(p *person, room string, cause uint64) {
	w.t.Helper()
	source := chat.NewID()
	w.puts(events.New(events.Notified, chat.NotificationID(p.id, source, "mention"), p.id, events.Person{}, time.Now(),
		events.NotifiedData{Kind: "mention", Room: room, Name: "Tea", Source: source, Seq: cause, Text: "hello"}))
}

func (p *person) notified(n *node, query string) NotificationList {
	p.t.Helper()
	return into[NotificationList](p.t, p.call(n, "GET", "/api/notifications"+query, "").must(p.t, 200))
}

func (p *person) seen(n *node, upTo uint64, room string) answer {
	p.t.Helper()
	body := fmt.Sprintf(`{"up_to":%d}`, upTo)
	if room != "" {
		body = fmt.Sprintf(`{"up_to":%d,"room":%q}`, upTo, room)
	}
	return p.call(n, "POST", "/api/notifications/read", body)
}

func TestNotificationsAreTheSameHoweverFarBehindThePersisterIs(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, eve := one.join(t, "ada"), one.join(t, "eve")
	tea, jam := chat.NewID(), chat.NewID()
	var seqs []uint64
	for i := range 6 {
		seqs = append(seqs, w.notify(ada, []string{tea, jam}[i%2]))
		w.notify(eve, tea)
	}
	w.raw(events.Notify.Subject(ada.id), "{")
	ada.seen(one, seqs[1], "").must(t, 204)
	ada.seen(one, seqs[4], tea).must(t, 204)
	want := map[uint64]bool{seqs[0]: true, seqs[1]: true, seqs[2]: true, seqs[3]: false, seqs[4]: true, seqs[5]: false}
	last := w.lastSeqOf(events.Notify)
	for _, stored := range []uint64{0, seqs[1], seqs[3], seqs[5], last - 1, last} {
		w.persistUpTo(stored)
		list := ada.notified(two, "")
		if len(list.Items) != 6 || list.Unread != 2 || list.Older != "" {
			t.Fatalf("stored %d: %d items, %d unread, older %q", stored, len(list.Items), list.Unread, list.Older)
		}
		for i, item := range list.Items {
			if item.Seq != seqs[5-i] || item.Read != want[item.Seq] {
				t.Errorf("stored %d: item %d is %d, read %v", stored, i, item.Seq, item.Read)
			}
		}
		var paged []uint64
		for query := "?limit=4"; ; {
			page := ada.notified(one, query)
			for _, item := range page.Items {
				paged = append(paged, item.Seq)
			}
			if page.Older == "" {
				break
			}
			query = "?limit=4&before=" + page.Older
		}
		if len(paged) != 6 || paged[0] != seqs[5] || paged[5] != seqs[0] {
			t.Errorf("stored %d: by pages %v", stored, paged)
		}
	}
	ada.seen(one, seqs[5], "").must(t, 204)
	if list := ada.notified(two, "?limit=2"); list.Unread != 0 || list.Older == "" {
		t.Errorf("%d unread after all were seen", list.Unread)
	}
	if list := eve.notified(one, ""); list.Unread != 6 {
		t.Errorf("eve has %d", list.Unread)
	}
	eve.seen(one, w.lastSeqOf(events.Notify), "").must(t, 204) // not stored yet, and most of them not on the page
	if list := eve.notified(two, "?limit=2"); list.Unread != 0 {
		t.Errorf("eve has %d after all were seen", list.Unread)
	}
}

// Who has read a room has read its notifications, whichever of the two are only
// in the log so far.
func TestWhatWasReadInItsRoomIsReadInTheListAtOnce(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	first, second := ada.posts(one, room, "one").Seq, ada.posts(one, room, "two").Seq
	w.tells(bob, room, first)
	w.tells(bob, room, second)
	w.notify(bob, chat.NewID()) // of another room, which nobody has read
	want := func(when string, unread int, read ...bool) {
		t.Helper()
		list := bob.notified(two, "")
		var got []bool
		for _, item := range list.Items {
			got = append(got, item.Read)
		}
		if list.Unread != unread || !slices.Equal(got, read) {
			t.Errorf("%s: %d unread, read %v; want %d, %v", when, list.Unread, got, unread, read)
		}
	}
	want("nothing is read", 3, false, false, false)
	bob.marks(one, room, first)
	want("neither is stored", 2, false, false, true)
	w.persist()
	want("both are", 2, false, false, true)
	bob.marks(one, room, second)
	want("the notification is stored", 1, false, true, true)
	w.persist()
	want("all is", 1, false, true, true)
	third := ada.posts(one, room, "three").Seq
	bob.marks(one, room, third)
	w.persist()
	w.tells(bob, room, third)
	want("the marker is stored", 1, true, false, true, true)
}

func TestBadMarksOfNotificationsLeaveNothingInTheLog(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	seq := w.notify(ada, chat.NewID())
	ada.seen(one, seq+1, "").problem(t, 400, chat.BadPosition)
	ada.seen(one, 1<<63, "").problem(t, 400, chat.BadPosition)
	ada.seen(one, seq, "*").problem(t, 400, chat.BadRequest)
	ada.call(one, "POST", "/api/notifications/read", `{"up_to":-1}`).problem(t, 400, chat.BadRequest)
	ada.call(one, "POST", "/api/notifications/read", `{}`).problem(t, 400, chat.BadRequest)
	chatPosition := fmt.Sprintf("%s-1", w.log.Incarnation(events.Chat))
	ada.call(one, "GET", "/api/notifications?before="+chatPosition, "").problem(t, 410, Reset)
	if now := w.lastSeqOf(events.Notify); now != seq {
		t.Errorf("the log grew by %d", now-seq)
	}
}
