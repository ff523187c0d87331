package edge

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// together lets a number of people look at messages before any of them goes on.
type together struct {
	Messages
	mu   sync.Mutex
	wait *sync.WaitGroup
}

func (m *together) of(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.wait = nil; n > 0 {
		m.wait = &sync.WaitGroup{}
		m.wait.Add(n)
	}
}

func (m *together) Message(ctx context.Context, reader, room string, seq uint64) (chat.MessageRow, error) {
	row, err := m.Messages.Message(ctx, reader, room, seq)
	m.mu.Lock()
	wait := m.wait
	m.mu.Unlock()
	if wait != nil {
		wait.Done()
		wait.Wait()
	}
	return row, err
}

// atOnce runs do n times, on two edges by turns, and returns whose was acked.
// Everybody else was told that there is no place.
func (m *together) atOnce(t *testing.T, edges []*node, n int, do func(e *Edge, i int) error) (acked []int) {
	t.Helper()
	m.of(n)
	defer m.of(0)
	told := make([]error, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { told[i] = do(edges[i%len(edges)].Edge, i) })
	}
	all.Wait()
	for i, err := range told {
		switch {
		case err == nil:
			acked = append(acked, i)
		case !isCode(err, chat.LimitReached):
			t.Error(err)
		}
	}
	return acked
}

// Many pins and reactions come at once, through two edges, when half of the
// places are taken: as many are acked as there are places, and what was acked
// stands, on every edge, stored or not.
func TestWhatWasAckedStandsHoweverManyComeAtOnce(t *testing.T) {
	w := newWorld(t)
	all := &together{Messages: w.db}
	shared := func(_ *Config, d *Deps) { d.Messages = all }
	edges := []*node{w.edge(shared), w.edge(shared)}
	ada := edges[0].join(t, "ada")
	room := ada.makes(edges[0], chat.Public, "Tea").ID
	who := chat.Principal{User: events.Person{ID: ada.id, Name: ada.name}, Session: ada.session}
	var seqs []uint64
	for range chat.MaxPins + 10 {
		seqs = append(seqs, ada.posts(edges[0], room, "hello").Seq)
	}
	const before = chat.MaxReactions / 2
	for i := range before {
		ada.reacts(edges[0], room, seqs[0], string(rune('😀'+i)), true).must(t, 200)
		ada.pins(edges[0], room, seqs[i], true).must(t, 200)
	}
	w.persist()
	pinned := all.atOnce(t, edges, chat.MaxPins, func(e *Edge, i int) error {
		_, err := e.pin(t.Context(), who, room, seqs[before+i], true)
		return err
	})
	reacted := all.atOnce(t, edges, 30, func(e *Edge, i int) error {
		_, err := e.react(t.Context(), who, room, seqs[0], string(rune('🍇'+i)), true)
		return err
	})
	if len(pinned) != chat.MaxPins-before || len(reacted) != chat.MaxReactions-before {
		t.Errorf("%d pins and %d reactions are acked", len(pinned), len(reacted))
	}
	for _, n := range []*node{edges[0], edges[1], edges[0]} {
		var stand []uint64
		for _, item := range into[PinList](t, ada.call(n, "GET", "/api/rooms/"+room+"/pins", "").must(t, 200)).Items {
			stand = append(stand, item.Seq)
		}
		for _, i := range pinned {
			if !slices.Contains(stand, seqs[before+i]) {
				t.Errorf("an acked pin is missing")
			}
		}
		item, _ := ada.seesMessage(n, room, seqs[0])
		for _, i := range reacted {
			if !hasReaction(item, string(rune('🍇'+i))) {
				t.Errorf("an acked reaction is missing")
			}
		}
		if row, err := w.db.Message(t.Context(), ada.id, room, seqs[0]); err != nil || len(row.Pins) > chat.MaxPins || len(stand) != chat.MaxPins || len(item.Reactions) != chat.MaxReactions {
			t.Errorf("%d pins are stored, %d shown, %d reactions, %v", len(row.Pins), len(stand), len(item.Reactions), err)
		}
		w.persist()
	}
}

// Whoever repeats what had no place is told so again, not that it is so already.
func TestAReactionWithoutAPlaceIsNotMineAlready(t *testing.T) {
	ada, room := events.Person{ID: chat.NewID(), Name: "ada"}, chat.NewID()
	posted := events.New(events.MessagePosted, chat.NewID(), room, ada, time.Now(), events.MessagePostedData{Text: "hello"})
	m := message{Item: chat.Item{Seq: 1, Event: posted.Encode()}}
	var late amended
	for i := range chat.MaxReactions + 1 {
		ev := events.New(events.MessageReacted, chat.NewID(), room, ada, time.Now(), events.MessageReactedData{Seq: 1, Emoji: string(rune('😀' + i)), On: true})
		late.list = append(late.list, amendment{uint64(2 + i), 1, ev})
	}
	m.apply(late, ada.ID, 1)
	if len(m.Reactions) != chat.MaxReactions || len(m.mine) != chat.MaxReactions {
		t.Errorf("%d kinds, of which %d are mine", len(m.Reactions), len(m.mine))
	}
}

// What the log has beyond the rows is counted as the rows will count it, however
// often the same is said; and a pin that has no place yet is not there already.
func TestPinsAreCountedExactlyBeforeTheyAreStored(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	var seqs []uint64
	for range chat.MaxPins + 5 {
		seqs = append(seqs, ada.posts(one, room, "hello").Seq)
	}
	sets := func(seq uint64, on bool) {
		w.puts(events.New(events.MessagePinned, chat.NewID(), room, events.Person{ID: ada.id, Name: ada.name}, time.Now(), events.MessagePinnedData{Seq: seq, On: on}))
	}
	for _, seq := range seqs[:chat.MaxPins] {
		sets(seq, true)
	}
	w.persist()

	sets(seqs[0], false)
	sets(seqs[0], false) // is down already
	sets(seqs[1], true)  // is up already
	ada.deletes(one, room, seqs[2]).must(t, 200)
	sets(seqs[2], true) // is gone
	ada.pins(one, room, seqs[chat.MaxPins], true).must(t, 200)
	ada.pins(one, room, seqs[chat.MaxPins+1], true).must(t, 200)
	ada.pins(one, room, seqs[chat.MaxPins+2], true).problem(t, 409, chat.LimitReached)

	late := seqs[chat.MaxPins+3]
	sets(late, true) // by an edge that died before it took this down
	ada.pins(one, room, late, true).problem(t, 409, chat.LimitReached)
	ada.pins(one, room, seqs[1], true).must(t, 200) // it is
	w.persist()
	if row, err := w.db.Message(t.Context(), ada.id, room, late); err != nil || len(row.Pins) != chat.MaxPins+1 {
		t.Errorf("%d pins are stored, %v", len(row.Pins), err)
	}
	ada.pins(one, room, late, true).problem(t, 409, chat.LimitReached)
	ada.pins(one, room, late, false).must(t, 200)
	ada.pins(one, room, seqs[1], false).must(t, 200)
	ada.pins(one, room, late, true).must(t, 200)
	w.persist()
	if row, err := w.db.Message(t.Context(), ada.id, room, late); err != nil || len(row.Pins) != chat.MaxPins || row.Pins[chat.MaxPins-1] != late {
		t.Errorf("%d pins are stored, %v", len(row.Pins), err)
	}
}
