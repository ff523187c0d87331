package edge

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// hearsMarker reads frames until a marker of somebody at seq or beyond.
func (s *socket) hearsMarker(of *person, seq uint64) (f markerFrame) {
	s.t.Helper()
	for {
		_, raw, err := s.ws.ReadMessage()
		if err != nil {
			s.t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &f); err == nil && f.Op == "marker" && f.User == of.id && f.Seq >= seq {
			return f
		}
		f = markerFrame{}
	}
}

// left is what a marker says is left to read.
func (f markerFrame) left() string {
	if f.Unread == nil {
		return "not told"
	}
	return fmt.Sprint(*f.Unread, " ", *f.Mentions, " ", f.Mentioned)
}

func (p *person) marks(n *node, room string, seq uint64) {
	p.t.Helper()
	p.call(n, "PUT", "/api/rooms/"+room+"/read", fmt.Sprintf(`{"seq":%d}`, seq)).must(p.t, 200)
}

func (p *person) lists(n *node, room string) chat.MyRoom {
	p.t.Helper()
	rooms := into[RoomList](p.t, p.call(n, "GET", "/api/rooms", "").must(p.t, 200)).Rooms
	i := slices.IndexFunc(rooms, func(r chat.MyRoom) bool { return r.ID == room })
	if i < 0 {
		p.t.Fatalf("%s is not in the room", p.name)
	}
	return rooms[i]
}

func TestAMarkerTellsAllOfOnesDevicesWhatIsLeftAndOthersOnlyItself(t *testing.T) {
	w := newWorld(t)
	one, two, three := w.edge(), w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	phone, desk, adas := bob.connects(one), bob.connects(two), ada.connects(two)
	for _, s := range []*socket{phone, desk, adas} {
		s.follows(room, "")
	}
	first := ada.posts(one, room, "one").Seq
	ada.posts(one, room, "two @bob")
	bob.posts(two, room, "mine")
	last := ada.posts(two, room, "three @bob").Seq
	adas.hearsTexts(4, first-1)
	want := fmt.Sprintf("2 2 [%d %d]", first+1, last)
	// At an edge where nobody listens it is counted with the tables and the log.
	for i, n := range []*node{two, three} {
		bob.marks(n, room, first)
		for name, s := range map[string]*socket{"phone": phone, "desk": desk} {
			if f := s.hearsMarker(bob, first); f.left() != want || f.At < last {
				t.Errorf("the %s, marked at edge %d: %s up to %d; want %s up to %d", name, i, f.left(), f.At, want, last)
			}
		}
		if f := adas.hearsMarker(bob, first); f.left() != "not told" || f.At != 0 || f.Mentioned != nil {
			t.Errorf("ada is told what bob has not read: %s", f.left())
		}
		w.persist()
	}
	if r := bob.lists(three, room); r.Unread != 2 || r.Mentions != 2 || r.Read != first || r.Since != first {
		t.Errorf("the list: %+v", r)
	}
	bob.marks(three, room, last)
	if f := desk.hearsMarker(bob, last); f.left() != "0 0 []" {
		t.Errorf("all is read: %s", f.left())
	}
	list := into[ReaderList](t, ada.call(two, "GET", "/api/rooms/"+room+"/read", "").must(t, 200))
	for _, m := range list.Markers {
		if want := map[string]uint64{ada.id: 0, bob.id: last}[m.User]; m.Seq != want {
			t.Errorf("%s has read up to %d, want %d", m.User, m.Seq, want)
		}
	}
	if len(list.Markers) != 2 {
		t.Errorf("%d markers", len(list.Markers))
	}
}

// With one marker for each of them, whoever scrolls would write hundreds.
func TestQuickReadsBecomeOneAndEachIsAnswered(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	first := ada.posts(one, room, "0").Seq
	const n = 100
	last := first
	for i := range n {
		last = ada.posts(one, room, fmt.Sprint(i+1)).Seq
	}
	m, err := w.seat(bob, room)
	if err != nil {
		t.Fatal(err)
	}
	who := chat.Principal{User: events.Person{ID: bob.id, Name: bob.name}, Session: bob.session}
	var answered sync.WaitGroup
	answered.Add(n)
	for i := range n {
		one.markReadAsync(t.Context(), who, m, first+uint64(i)+1, func(ack Ack, err error) {
			if err != nil || ack.Seq < first+uint64(i)+1 {
				t.Errorf("%d: %+v, %v", i, ack, err)
			}
			answered.Done()
		})
	}
	answered.Wait()
	if written := w.lastSeqOf(events.Reads); written > n/4 {
		t.Errorf("%d reads at once wrote %d markers", n, written)
	}
	if r := bob.lists(one, room); r.Read != last || r.Unread != 0 {
		t.Errorf("the largest is lost: %+v", r)
	}
}

// A device that was asleep tells of what it has read long ago; two edges hear of
// two devices at once.
func TestAMarkerThatIsSmallerThanTheOneThatStandsIsAnsweredAndToldAsThat(t *testing.T) {
	w := newWorld(t)
	one, two, quiet := w.edge(), w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	first := ada.posts(one, room, "one").Seq
	most := ada.posts(one, room, "two").Seq
	bob.marks(quiet, room, most)
	w.persist() // of this marker only the tables tell
	sockets := []*socket{ada.connects(one), bob.connects(one), ada.connects(two), bob.connects(two)}
	for _, s := range sockets {
		s.follows(room, "")
	}
	last := ada.posts(one, room, "three").Seq
	for _, s := range sockets {
		s.hears("event")
	}
	answers := func(n *node, seq, want uint64) {
		t.Helper()
		a := bob.call(n, "PUT", "/api/rooms/"+room+"/read", fmt.Sprintf(`{"seq":%d}`, seq)).must(t, 200)
		if ack := into[Ack](t, a); ack.Seq != want || ack.Position != one.position(events.Chat, want) {
			t.Errorf("%d is answered by %+v, want %d", seq, ack, want)
		}
	}
	for _, n := range []*node{one, two, quiet, one} { // nobody listens at quiet
		answers(n, first, most)
	}
	// An edge that does not know of the larger one yet.
	bob.marks(quiet, room, last)
	w.puts(events.New(events.ReadMarked, chat.NewID(), room, events.Person{ID: bob.id, Name: bob.name}, time.Now(), events.ReadMarkedData{Seq: first}))
	bob.marks(quiet, room, last)
	for i, s := range sockets {
		had, ends := most, 0
		for ends < 2 {
			f := s.hearsMarker(bob, 0)
			if f.Seq < had {
				t.Errorf("socket %d is told %d after %d", i, f.Seq, had)
			}
			if had = f.Seq; had == last {
				ends++
			} else if want := "1 0 []"; i%2 == 1 && f.left() != want {
				t.Errorf("socket %d: %s is left, want %s", i, f.left(), want)
			}
		}
	}
	end := ada.posts(one, room, "four").Seq
	answers(one, end, end)
	testenv.Until(t, "the edge is sure of what it hears", one.hub.rooms.feed.Hearing)
	answers(one, last, end) // from what the edge has at hand
}

func TestALevelHoldsOnAllDevicesAndIsNobodyElses(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	direct := into[chat.Room](t, bob.call(one, "POST", "/api/rooms/direct", `{"name":"ada"}`).must(t, 200)).ID
	if tea, pair := bob.lists(two, room).Level, bob.lists(two, direct).Level; tea != chat.LevelMentions || pair != chat.LevelAll {
		t.Errorf("who has chosen nothing: %s, %s", tea, pair)
	}
	desk := bob.listens(two, "")
	set := func(level string) answer {
		return bob.call(one, "PUT", "/api/rooms/"+room+"/level", fmt.Sprintf(`{"level":%q}`, level))
	}
	set("none").must(t, 204)
	set("none").must(t, 204) // and tells nobody again
	set("all").must(t, 204)
	for _, want := range []string{"none", "all"} {
		var data sseEventData
		if err := json.Unmarshal([]byte(desk.hears("level").data), &data); err != nil {
			t.Fatal(err)
		}
		ev, err := events.Decode(data.Event)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := events.DataOf[events.LevelSetData](ev); err != nil || got != (events.LevelSetData{Room: room, Level: want}) {
			t.Errorf("heard %+v, %v; want %s", got, err, want)
		}
	}
	if got := bob.lists(two, room).Level; got != chat.LevelAll || ada.lists(two, room).Level != chat.LevelMentions {
		t.Errorf("bob's level is %s, ada's %s", got, ada.lists(two, room).Level)
	}
	set("loud").problem(t, 400, chat.BadRequest)
}
