package edge

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// farDeleted is a room in which a deletion stands pages behind its message.
func farDeleted(t *testing.T, w *world, n *node) (ada *person, room string, from, m Ack, last uint64) {
	t.Helper()
	ada = n.join(t, "ada")
	room = ada.makes(n, chat.Public, "Tea").ID
	from = ada.posts(n, room, "first")
	m = ada.posts(n, room, "the secret")
	ada.edits(n, room, m.Seq, "another secret").must(t, 200)
	w.publishes(ada, room, numbered("between", ringItems/2+replayPage)...)
	return ada, room, from, m, ada.posts(n, room, "last").Seq
}

func TestADeletedTextIsNotToldHoweverFarBehindItTheDeletionStands(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, room, from, m, _ := farDeleted(t, w, one)
	ada.deletes(one, room, m.Seq).must(t, 200)
	last := ada.posts(one, room, "the end").Seq
	fresh := w.edge()
	a := ada.call(fresh, "GET", "/api/rooms/"+room+"/events?after="+from.Position, "").must(t, 200)
	if f := into[Follow](t, a); bytes.Contains(a.body, []byte("secret")) || len(f.Events) < 90 || !bytes.Contains(a.body, []byte(events.MessageErased)) {
		t.Errorf("a long poll brought %d events: %.500s", len(f.Events), a.body)
	}
	for range 2 { // with what is known from the poll, and from the first replay
		types, all := ada.connects(fresh).tells(room, from.Position, last)
		if strings.Contains(all, "secret") || types[0] != "erased" || types[len(types)-2] != "deleted" {
			t.Errorf("%d events: %.500s", len(types), all)
		}
	}
	types, all := ada.connects(one).tells(room, from.Position, last) // the reader's own read of the log
	if strings.Contains(all, "secret") || types[0] != "erased" {
		t.Errorf("%d events: %.500s", len(types), all)
	}
}

// reluctant takes nothing before it has done something.
type reluctant struct {
	sinkRecorder
	first func()
}

func (r *reluctant) space() int {
	if r.first != nil {
		return 0
	}
	return math.MaxInt
}

func (r *reluctant) wait(context.Context) error {
	r.first()
	r.first = nil
	return nil
}

func TestWhatIsDeletedWhileAReaderTakesItsTimeIsNotToldToIt(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, room, from, m, last := farDeleted(t, w, one)
	topic, err := one.hub.acquire(t.Context(), one.hub.rooms, room)
	if err != nil {
		t.Fatal(err)
	}
	to := &reluctant{first: func() {
		gone := into[Ack](t, ada.deletes(one, room, m.Seq).must(t, 200))
		if err := one.hub.await(t.Context(), room, gone.Seq-1); err != nil {
			t.Fatal(err)
		}
	}}
	s := &subscription{topic: topic, to: to, user: ada.id}
	after, _ := chat.ParsePosition(from.Position)
	if err := topic.attach(t.Context(), s, &after); err != nil {
		t.Fatal(err)
	}
	defer topic.detach(s)
	if to.count("secret") != 0 || to.count(string(events.MessageErased)) != 1 || to.count(`"last"`) != 1 || s.at <= last {
		t.Errorf("%d with the text, %d erased, at %d", to.count("secret"), to.count(string(events.MessageErased)), s.at)
	}
}

func TestATopicRemembersNoMoreDeletionsThanItsBound(t *testing.T) {
	topic := newTestTopic()
	topic.hub.rooms = topic.follow
	if _, known := topic.knowsDeletions(0); known {
		t.Fatal("known at once")
	}
	if err := topic.foundDeletions(5, nil); err != nil {
		t.Fatal(err)
	}
	for n := range uint64(mostDeleted + 1) {
		if _, known := topic.knowsDeletions(5); !known {
			t.Fatal("forgotten after ", n)
		}
		topic.heardDeletion(amendment{seq: 10_000 + n, target: 10 + n, ev: events.Event{Type: events.MessageDeleted}})
	}
	if _, known := topic.knowsDeletions(5); known {
		t.Error("more than a topic remembers")
	}
	found := map[uint64]amendment{}
	for n := range uint64(mostDeleted + 1) {
		found[n] = amendment{}
	}
	if err := topic.foundDeletions(5, found); err != errTooFar {
		t.Error(err)
	}
}
