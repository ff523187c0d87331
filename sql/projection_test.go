package sql_test

import (
	"errors"
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

var consumers = map[events.Stream]string{
	events.Chat: sql.ChatConsumer, events.Reads: sql.ReadsConsumer, events.Notify: sql.NotifyConsumer, events.Audit: sql.AuditConsumer,
}

// folds are all of them: CHAT has another.
func folds() map[string]events.Stream {
	all := map[string]events.Stream{sql.SearchConsumer: events.Chat}
	for stream, consumer := range consumers {
		all[consumer] = stream
	}
	return all
}

// fold applies what the log has and the tables do not.
func (w *world) fold() {
	w.t.Helper()
	for consumer, stream := range folds() {
		p := w.Projection(consumer)
		from := must[uint64](w.t)(p.Offset(w.t.Context(), stream, incarnation))
		if to := w.log.last(stream); to > from {
			if err := p.Apply(w.t.Context(), w.log.batch(stream, from, to)); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// dump returns the rows of a table as text.
func (w *world) dump(table string) []string {
	w.t.Helper()
	return w.strings("SELECT t::text FROM " + table + " t ORDER BY 1")
}

func TestHistoryServesTheLogsBytesInTheRoomsOrder(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	room, other := w.room(ada, chat.Public, "News"), w.room(ada, chat.Public, "Other")
	var want []chat.Item
	for i := range 10 {
		e := w.log.append(posted(ada, room, fmt.Sprintf("%d <\u2028> é", i)))
		want = append(want, chat.Item{Seq: e.Seq, Event: e.Body})
		w.log.append(posted(ada, other, "elsewhere"))
	}
	w.fold()
	cases := map[string]struct {
		from, to uint64
		limit    int
		oldest   bool
		want     []chat.Item
	}{
		"the newest page":    {0, 0, 3, false, want[7:]},
		"the page before it": {0, want[7].Seq, 3, false, want[4:7]},
		"the page after one": {want[3].Seq, 0, 2, true, want[4:6]},
		"between two":        {want[2].Seq, want[6].Seq, 100, true, want[3:6]},
		"after the last":     {want[9].Seq, 0, 10, true, nil},
		"from nowhere":       {1 << 63, 0, 10, true, nil},
	}
	for name, c := range cases {
		got, err := w.RoomPage(t.Context(), "", room, c.from, c.to, c.limit, c.oldest)
		if err != nil || got.Offset != w.log.last(events.Chat) || !reflect.DeepEqual(got.Items, c.want) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	got, err := w.RoomPage(t.Context(), "", chat.NewID(), 0, 0, 10, false)
	if err != nil || len(got.Items) > 0 {
		t.Errorf("an unknown room: %v, %v", got, err)
	}
	_, err = w.RoomPage(t.Context(), "", "*", 0, 0, 10, false)
	wants(t, err, chat.NotFound)
	_, err = w.RoomPage(t.Context(), "*", room, 0, 0, 10, false)
	wants(t, err, chat.NotFound)
}

func TestAnEventIsFoundByItsID(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	ev := posted(ada, sql.LobbyID, "x")
	e := w.log.append(ev)
	w.fold()
	item, found, offset, err := w.EventByID(t.Context(), ev.ID)
	if err != nil || !found || item.Seq != e.Seq || string(item.Event) != string(e.Body) || offset != e.Seq {
		t.Errorf("got %v, %v, %d, %v", item, found, offset, err)
	}
	_, found, offset, err = w.EventByID(t.Context(), chat.NewID())
	if err != nil || found || offset != e.Seq {
		t.Errorf("an unknown one: %v, %d, %v", found, offset, err)
	}
	_, _, _, err = w.EventByID(t.Context(), "*")
	wants(t, err, chat.BadRequest)
}

// With the fence out of move's UPDATE, the second Apply commits.
func TestOfTwoWhoApplyTheSameBatchOneIsFenced(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	for range 20 {
		w.log.append(posted(ada, sql.LobbyID, "x"))
	}
	batch := w.log.batch(events.Chat, 0, w.log.last(events.Chat))
	p := w.Projection(sql.ChatConsumer)
	if err := p.Apply(t.Context(), batch); !errors.Is(err, sql.ErrFenced) {
		t.Errorf("without an offset: %v", err)
	}
	must[uint64](t)(p.Offset(t.Context(), events.Chat, incarnation))
	fenced := 0
	for _, err := range atOnce(8, func(int) error { return p.Apply(within(t, patience), batch) }) {
		if errors.Is(err, sql.ErrFenced) {
			if fenced++; sql.IsPermanent(err) {
				t.Error("being fenced is permanent")
			}
		} else if err != nil {
			t.Error(err)
		}
	}
	if fenced != 7 {
		t.Errorf("%d of 8 were fenced", fenced)
	}
	if n := len(w.dump("events")); n != len(batch.Entries) {
		t.Errorf("%d rows for %d entries", n, len(batch.Entries))
	}
}

func TestApplyingAgainChangesNothing(t *testing.T) {
	w := newWorld(t)
	w.busy(rand.New(rand.NewSource(1)), 50)
	w.fold()
	before := w.projected()
	w.exec(`UPDATE offsets SET seq = 0`) // as a restored backup has it
	w.fold()
	if after := w.projected(); !reflect.DeepEqual(before, after) {
		t.Errorf("before %v\nafter %v", before, after)
	}
}

// busy fills the log with what two people do.
func (w *world) busy(random *rand.Rand, n int) {
	w.t.Helper()
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	w.join(bob, room)
	for range n {
		who, peer := ada, bob
		if random.Intn(2) == 0 {
			who, peer = bob, ada
		}
		switch random.Intn(7) {
		case 0, 1:
			e := w.log.append(posted(who, room, "hello", peer))
			w.log.append(notified(peer.ID, room, eventOf(e).ID, e.Seq))
		case 2:
			ev := posted(who, room, "twice", peer)
			w.log.append(ev)
			w.log.append(ev)
		case 3:
			w.log.append(marked(who, room, uint64(random.Int63n(int64(w.log.last(events.Chat)+1)))))
		case 4:
			w.log.append(readUpTo(who.ID, uint64(random.Int63n(int64(w.log.last(events.Notify)+9))), []string{"", room}[random.Intn(2)]))
		case 5:
			w.log.append(events.New(events.SecurityNoted, chat.NewID(), who.ID, who, time.Now(), events.SecurityNotedData{Kind: "login"}))
		case 6:
			w.log.appendRaw(events.Chat, "chat."+room, []byte(fmt.Sprintf(
				`{"type":"poll.opened","id":%q,"scope":%q,"time":"2026-11-21T10:00:00Z","v":7,"data":[1]}`, chat.NewID(), room)))
		}
	}
}

func (w *world) projected() map[string][]string {
	w.t.Helper()
	rows := map[string][]string{}
	for _, table := range []string{"events", "mentions", "read_markers", "notifications", "audit", "search", "search_pieces", "offsets", "dead_letters"} {
		rows[table] = w.dump(table)
	}
	return rows
}

func TestARebuildInOtherBatchesGivesIdenticalRows(t *testing.T) {
	for seed := range int64(3) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			w := newWorld(t)
			random := rand.New(rand.NewSource(seed))
			w.busy(random, 150)
			w.fold()
			before := w.projected()
			if len(before["mentions"]) == 0 || len(before["read_markers"]) == 0 || len(before["notifications"]) == 0 {
				t.Fatal("too little happened")
			}
			w.exec(`TRUNCATE events, search, search_pieces, mentions, read_markers, notifications, audit, offsets, dead_letters`)
			w.foldRaggedly(random)
			after := w.projected()
			for table := range before {
				if !slices.Equal(before[table], after[table]) {
					t.Errorf("%s differs:\n%s\n%s", table, strings.Join(before[table], "\n"), strings.Join(after[table], "\n"))
				}
			}
		})
	}
}

// foldRaggedly folds the whole log in batches of up to nine entries.
func (w *world) foldRaggedly(random *rand.Rand) {
	w.t.Helper()
	for consumer, stream := range folds() {
		p := w.Projection(consumer)
		from := must[uint64](w.t)(p.Offset(w.t.Context(), stream, incarnation))
		for last := w.log.last(stream); from < last; {
			to := min(last, from+1+uint64(random.Intn(9)))
			if err := p.Apply(w.t.Context(), w.log.batch(stream, from, to)); err != nil {
				w.t.Fatal(err)
			}
			from = to
		}
	}
}

func TestAnotherLifeOfTheStreamTakesTheOffsetOver(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	w.fold()
	at := w.log.last(events.Chat)
	p := w.Projection(sql.ChatConsumer)
	if got := must[uint64](t)(p.Offset(t.Context(), events.Chat, "ffffffff")); got != at {
		t.Errorf("the new life starts at %d, not %d", got, at)
	}
	w.log.append(posted(ada, sql.LobbyID, "x"))
	batch := w.log.batch(events.Chat, at, at+1)
	if err := p.Apply(t.Context(), batch); !errors.Is(err, sql.ErrFenced) {
		t.Errorf("the old life's batch: %v", err)
	}
	batch.Incarnation = "ffffffff"
	if err := p.Apply(t.Context(), batch); err != nil {
		t.Errorf("the new life's batch: %v", err)
	}
}

func TestHighestIsAboveAllThatIsReferredTo(t *testing.T) {
	w := newWorld(t)
	if got := must[map[events.Stream]uint64](t)(w.Highest(t.Context())); len(got) != 0 {
		t.Errorf("an empty database refers to %v", got)
	}
	ada := w.person("ada") // its joining is known, nothing is projected yet
	if got := must[map[events.Stream]uint64](t)(w.Highest(t.Context())); got[events.Chat] != w.log.last(events.Chat) {
		t.Errorf("got %v", got)
	}
	w.log.append(notified(ada.ID, sql.LobbyID, chat.NewID(), 1))
	w.log.append(posted(ada, sql.LobbyID, "x"))
	w.fold()
	got := must[map[events.Stream]uint64](t)(w.Highest(t.Context()))
	if got[events.Chat] != w.log.last(events.Chat) || got[events.Notify] != 1 {
		t.Errorf("got %v", got)
	}
}
