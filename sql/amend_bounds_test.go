package sql_test

import (
	"context"
	"math/rand"
	"reflect"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// The log may hold reactions of more kinds than edges allow: two that decide at
// the same moment. What came too late counts nowhere, however the log is cut into
// batches.
func TestReactionsBeyondTheBoundAreDroppedAsWhoReadsTheLogDropsThem(t *testing.T) {
	w := newWorld(t)
	ada, bob, eve := w.person("ada"), w.person("bob"), w.person("eve")
	g := &gossip{world: w, random: rand.New(rand.NewSource(1)), people: []events.Person{ada, bob, eve}, rows: map[uint64]bool{}}
	g.room = chat.NewID()
	g.post(0)
	m := g.messages[0]
	item, dropped := chat.Item{Seq: m.seq, Event: m.ev.Encode()}, 0
	for range 400 {
		emoji, on := string(rune('a'+g.random.Intn(chat.MaxReactions+6))), g.random.Intn(4) > 0
		e := g.write(events.MessageReacted, g.someone(), events.MessageReactedData{Seq: m.seq, Emoji: emoji, On: on})
		before := len(item.Reactions)
		now, _ := chat.Amend(item, e.Seq, eventOf(e))
		if on && before == chat.MaxReactions && reflect.DeepEqual(now.Reactions, item.Reactions) {
			dropped++
		}
		if item = now; len(item.Reactions) > chat.MaxReactions {
			t.Fatalf("%d kinds", len(item.Reactions))
		}
		if g.random.Intn(10) == 0 {
			g.foldInParts()
			g.showsReactions(item)
		}
	}
	g.foldInParts()
	g.showsReactions(item)
	if dropped < 20 {
		t.Errorf("%d were too many: this shows little", dropped)
	}
	misplaced := func() (rows []sql.MisplacedRow) {
		err := w.Snapshot(t.Context(), func(ctx context.Context, s *sql.Snapshot) (err error) {
			rows, err = s.Misplaced(ctx, 0, 10)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	if rows := misplaced(); len(rows) > 0 {
		t.Errorf("an audit takes exception at %+v", rows)
	}
	w.exec(`INSERT INTO reactions SELECT room_id, target, 'zz', user_id, name, seq FROM reactions LIMIT 1`)
	if rows := misplaced(); len(rows) != 1 {
		t.Errorf("an audit finds %+v", rows)
	}
	w.exec(`TRUNCATE events, amendments, reactions`)
	w.exec(`UPDATE offsets SET seq = 0`)
	g.foldInParts()
	g.showsReactions(item)
}

func (g *gossip) showsReactions(want chat.Item) {
	g.t.Helper()
	row := must[chat.MessageRow](g.t)(g.Message(g.t.Context(), "", g.room, want.Seq))
	counts := func(item chat.Item) map[string]int {
		all := map[string]int{}
		for _, r := range item.Reactions {
			all[r.Emoji] = r.Count
		}
		return all
	}
	if have, want := counts(row.Item), counts(want); !reflect.DeepEqual(have, want) {
		g.t.Fatalf("the tables say %v, who reads the log says %v", have, want)
	}
}

func TestOfPinsBeyondTheBoundTheOldestCount(t *testing.T) {
	w := newWorld(t)
	g := &gossip{world: w, random: rand.New(rand.NewSource(1)), people: []events.Person{w.person("ada")}, rows: map[uint64]bool{}}
	g.room = chat.NewID()
	pin := func(m *told, on bool) {
		g.write(events.MessagePinned, g.people[0], events.MessagePinnedData{Seq: m.seq, On: on})
	}
	for i := range chat.MaxPins + 2 {
		g.post(i)
		pin(g.messages[i], true)
	}
	shows := func(want ...int) {
		t.Helper()
		g.foldInParts()
		items, _, err := w.Pins(t.Context(), g.room)
		if err != nil {
			t.Fatal(err)
		}
		var have []uint64
		for _, item := range items {
			if item.Pinned {
				have = append(have, item.Seq)
			}
		}
		if len(have) != chat.MaxPins || have[0] != g.messages[want[0]].seq || have[chat.MaxPins-1] != g.messages[want[1]].seq {
			t.Errorf("%d pins: %v", len(have), have)
		}
	}
	shows(chat.MaxPins-1, 0)
	pin(g.messages[0], false)
	g.write(events.MessageDeleted, g.people[0], deletionOf(g.messages[1].seq, g.messages[1].ev))
	shows(chat.MaxPins+1, 2)
}
