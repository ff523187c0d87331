package sql_test

import (
	"encoding/json"
	"flag"
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

var amendRounds = flag.Int("amend-rounds", 5, "random histories of edits, deletions, reactions and pins")

// amendedTables are what a rebuild must give again.
var amendedTables = []string{"events", "mentions", "amendments", "reactions", "pins", "copies"}

// told is a message as the model knows it.
type told struct {
	seq       uint64
	ev        events.Event
	data      events.MessagePostedData
	deleted   uint64
	by        events.Person
	edited    []uint64 // its versions' entries, whoever wrote them
	reactions map[string][]events.Person
	pinned    bool
	copies    []uint64
}

// gossip is a room's past: what the log was told, and what a plain reading of
// the rules makes of it.
type gossip struct {
	*world
	random   *rand.Rand
	room     string
	people   []events.Person
	messages []*told
	rows     map[uint64]bool // amendments that have a row
	erased   map[uint64]bool
}

func (g *gossip) someone() events.Person { return g.people[g.random.Intn(len(g.people))] }

func (g *gossip) any() *told { return g.messages[g.random.Intn(len(g.messages))] }

func (g *gossip) write(t events.Type, by events.Person, data any) events.Entry {
	return g.log.append(events.New(t, chat.NewID(), g.room, by, time.Now(), data))
}

// happen does one thing.
func (g *gossip) happen(i int) {
	if len(g.messages) == 0 {
		g.post(i)
		return
	}
	switch g.random.Intn(12) {
	case 0, 1, 2:
		g.post(i)
	case 3, 4:
		g.edit(i, g.any())
	case 5:
		g.delete(g.any())
	case 6, 7, 8:
		g.react(g.any())
	case 9:
		m := g.any()
		on := g.random.Intn(3) > 0
		g.rows[g.write(events.MessagePinned, g.someone(), events.MessagePinnedData{Seq: m.seq, On: on}).Seq] = true
		if m.deleted == 0 {
			m.pinned = on
		}
	case 10:
		g.lie()
	case 11:
		m := g.any()
		e := g.log.append(m.ev) // published again when the broker had forgotten it
		if m.deleted > 0 {
			g.erased[e.Seq] = true
		} else {
			m.copies = append(m.copies, e.Seq)
		}
	}
}

func (g *gossip) post(i int) {
	var mentions []events.Person
	if g.random.Intn(3) == 0 {
		mentions = []events.Person{g.someone()}
	}
	ev := posted(g.someone(), g.room, fmt.Sprintf("text %d <é>", i), mentions...)
	data, _ := events.DataOf[events.MessagePostedData](ev)
	if len(g.messages) > 0 && g.random.Intn(3) == 0 {
		data.Reply = &events.Reply{Seq: g.any().seq, User: g.someone()}
		ev = events.New(ev.Type, ev.ID, ev.Scope, ev.Actor, ev.Time, data)
	}
	g.messages = append(g.messages, &told{seq: g.log.append(ev).Seq, ev: ev, data: data, reactions: map[string][]events.Person{}})
}

func (g *gossip) edit(i int, m *told) {
	by, id := m.ev.Actor, m.ev.ID
	switch g.random.Intn(6) {
	case 0:
		by = g.someone()
	case 1:
		id = chat.NewID()
	}
	data := events.MessageEditedData{Key: chat.NewID(), Seq: m.seq, Message: id, Text: fmt.Sprintf("edit %d", i)}
	if g.random.Intn(2) == 0 {
		data.Mentions = []events.Person{g.someone(), g.people[0]}
	}
	e := g.write(events.MessageEdited, by, data)
	if m.deleted > 0 {
		g.erased[e.Seq] = true
		return
	}
	g.rows[e.Seq] = true
	m.edited = append(m.edited, e.Seq)
	if by == m.ev.Actor && id == m.ev.ID {
		m.data.Text, m.data.Mentions = data.Text, data.Mentions
		m.data.Edited = &events.Edited{Seq: e.Seq, Time: eventOf(e).Time}
	}
}

func (g *gossip) delete(m *told) {
	by := g.someone()
	e := g.write(events.MessageDeleted, by, deletionOf(m.seq, m.ev))
	g.rows[e.Seq] = true
	if m.deleted > 0 {
		return
	}
	m.deleted, m.by, m.pinned, m.reactions = e.Seq, by, false, nil
	for _, seq := range append(append(m.edited, m.copies...), m.seq) {
		delete(g.rows, seq)
		g.erased[seq] = true
	}
}

func deletionOf(seq uint64, ev events.Event) events.MessageDeletedData {
	data, _ := events.DataOf[events.MessagePostedData](ev)
	return events.MessageDeletedData{Seq: seq, Message: ev.ID, Key: data.Key, User: ev.Actor, Time: ev.Time}
}

func (g *gossip) react(m *told) {
	by, emoji, on := g.someone(), []string{"👍", "❤️", "🎉"}[g.random.Intn(3)], g.random.Intn(3) > 0
	g.rows[g.write(events.MessageReacted, by, events.MessageReactedData{Seq: m.seq, Emoji: emoji, On: on}).Seq] = true
	if m.deleted > 0 {
		return
	}
	at := slices.Index(m.reactions[emoji], by)
	switch {
	case on && at < 0:
		m.reactions[emoji] = append(m.reactions[emoji], by)
	case !on && at >= 0:
		m.reactions[emoji] = slices.Delete(slices.Clone(m.reactions[emoji]), at, at+1)
	}
}

// lie writes a deletion that does not mean what it says.
func (g *gossip) lie() {
	m, other := g.any(), g.any()
	data := deletionOf(m.seq, m.ev)
	switch g.random.Intn(5) {
	case 0:
		data.Message = chat.NewID()
	case 1:
		data.Key = chat.NewID()
	case 2:
		data.User = events.Person{ID: chat.NewID(), Name: "eve"}
	case 3:
		data.Time = data.Time.Add(time.Second)
	case 4:
		if data.Seq = other.seq; other == m {
			data.Message = chat.NewID()
		}
	}
	target := g.messages[slices.IndexFunc(g.messages, func(m *told) bool { return m.seq == data.Seq })]
	e := g.write(events.MessageDeleted, g.someone(), data)
	g.rows[e.Seq] = true
	if target.deleted == 0 {
		target.edited = append(target.edited, e.Seq) // it goes with what it claims to delete
	}
}

// item is the message as history should show it.
func (g *gossip) item(m *told) chat.Item {
	item := chat.Item{Seq: m.seq, Pinned: m.pinned}
	if m.deleted > 0 {
		item.Event = events.New(events.MessageErased, m.ev.ID, g.room, m.ev.Actor, m.ev.Time,
			events.MessageErasedData{Key: m.data.Key, Deleted: m.deleted, By: m.by}).Encode()
		return item
	}
	item.Event = events.New(m.ev.Type, m.ev.ID, g.room, m.ev.Actor, m.ev.Time, m.data).Encode()
	for emoji, people := range m.reactions {
		if len(people) > 0 {
			item.Reactions = append(item.Reactions, chat.Reaction{Emoji: emoji, Count: len(people), People: people})
		}
	}
	if m.data.Reply != nil {
		to := g.messages[slices.IndexFunc(g.messages, func(o *told) bool { return o.seq == m.data.Reply.Seq })]
		item.Quote = &chat.Quote{Seq: to.seq, User: to.ev.Actor, Excerpt: to.data.Text}
		if to.deleted > 0 {
			item.Quote.Excerpt, item.Quote.Deleted = "", true
		}
	}
	return item
}

// check compares what the tables say with the model.
func (g *gossip) check(what string) {
	g.t.Helper()
	page := must[chat.RoomPage](g.t)(g.RoomPage(g.t.Context(), "", g.room, 0, 0, 101, true))
	have := map[uint64]chat.Item{}
	for _, item := range page.Items {
		have[item.Seq] = item
	}
	for _, m := range g.messages {
		want, got := g.item(m), have[m.seq]
		byEmoji := func(a, b chat.Reaction) int { return strings.Compare(a.Emoji, b.Emoji) }
		slices.SortFunc(got.Reactions, byEmoji)
		slices.SortFunc(want.Reactions, byEmoji)
		if !reflect.DeepEqual(got, want) {
			g.t.Errorf("%s: %d is %s, want %s", what, m.seq, shown(got), shown(want))
		}
		delete(have, m.seq)
	}
	for seq, item := range have {
		if ev, _ := events.Decode(item.Event); ev.Type == events.MessagePosted || ev.Type == events.MessageErased || chat.IsAmendment(ev.Type) {
			g.t.Errorf("%s: history shows %d: %s", what, seq, shown(item))
		}
	}
	g.checkSeqs(what, "amendments", g.rows)
	mentions := map[string]bool{}
	for _, m := range g.messages {
		for _, person := range m.data.Mentions {
			if m.deleted == 0 {
				mentions[fmt.Sprintf("(%s,%s,%d)", person.ID, g.room, m.seq)] = true
			}
		}
	}
	for _, row := range g.dump("mentions") {
		if !mentions[row] {
			g.t.Errorf("%s: mention %s", what, row)
		}
		delete(mentions, row)
	}
	if len(mentions) > 0 {
		g.t.Errorf("%s: these mentions are missing: %v", what, mentions)
	}
}

func (g *gossip) checkSeqs(what, table string, want map[uint64]bool) {
	g.t.Helper()
	var have, wanted []uint64
	for _, row := range g.dump("(SELECT seq FROM " + table + ")") {
		var seq uint64
		fmt.Sscanf(row, "(%d)", &seq)
		have = append(have, seq)
	}
	for seq := range want {
		wanted = append(wanted, seq)
	}
	slices.Sort(have)
	slices.Sort(wanted)
	if !slices.Equal(have, wanted) {
		g.t.Errorf("%s: %s has %v, want %v", what, table, have, wanted)
	}
}

func shown(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}

// foldInParts applies what is left of CHAT in batches of any size.
func (g *gossip) foldInParts() {
	g.t.Helper()
	p := g.Projection(sql.ChatConsumer)
	from := must[uint64](g.t)(p.Offset(g.t.Context(), events.Chat, incarnation))
	for last := g.log.last(events.Chat); from < last; {
		to := min(last, from+1+uint64(g.random.Intn(1+g.random.Intn(40))))
		if err := p.Apply(g.t.Context(), g.log.batch(events.Chat, from, to)); err != nil {
			g.t.Fatal(err)
		}
		from = to
	}
}

// forget erases from the log what the tables say.
func (g *gossip) forget() {
	g.t.Helper()
	for _, due := range must[[]sql.Erasure](g.t)(g.DueErasures(g.t.Context(), 0, 1000)) {
		g.log.entries = slices.DeleteFunc(g.log.entries, func(e events.Entry) bool {
			return e.Stream == events.Chat && e.Seq == due.Seq && e.Subject == due.Subject() && eventOf(e).ID == due.ID
		})
		if err := g.Erased(g.t.Context(), due.Seq, false); err != nil {
			g.t.Fatal(err)
		}
	}
}

func TestAmendmentsFoldAsAPlainReadingOfThemAndARebuildOfWhatTheLogStillHoldsIsTheSame(t *testing.T) {
	w := newWorld(t)
	ada, bob, eve := w.person("ada"), w.person("bob"), w.person("eve")
	for seed := range int64(*amendRounds) {
		g := &gossip{world: w, random: rand.New(rand.NewSource(seed)), people: []events.Person{ada, bob, eve},
			rows: map[uint64]bool{}, erased: map[uint64]bool{}}
		w.exec(`TRUNCATE events, mentions, amendments, reactions, pins, copies, erasures`)
		w.fold()
		w.exec(`TRUNCATE mentions`)
		g.room = chat.NewID()
		for i := range 80 {
			g.happen(i)
			if g.random.Intn(25) == 0 {
				g.foldInParts()
				g.check(fmt.Sprintf("seed %d, after %d", seed, i))
				if g.random.Intn(2) == 0 {
					g.forget()
				}
			}
		}
		g.foldInParts()
		g.check(fmt.Sprintf("seed %d", seed))
		g.checkSeqs(fmt.Sprintf("seed %d", seed), "erasures", g.erased)
		g.forget()
		before := map[string][]string{}
		for _, table := range amendedTables {
			before[table] = w.dump(table)
		}
		if all := shown(before); len(g.erased) == 0 || strings.Contains(all, "reactions\":[]") {
			t.Fatalf("seed %d: too little happened", seed)
		}
		w.exec(`TRUNCATE events, mentions, amendments, reactions, pins, copies`)
		w.exec(`UPDATE offsets SET seq = 0 WHERE stream = 'CHAT'`)
		g.foldInParts()
		for _, table := range amendedTables {
			if after := w.dump(table); !slices.Equal(before[table], after) {
				t.Errorf("seed %d: %s differs:\n%s\n%s", seed, table, strings.Join(before[table], "\n"), strings.Join(after, "\n"))
			}
		}
		w.log.entries = nil // the next history begins where this one ends
		w.exec(`UPDATE offsets SET seq = $1 WHERE stream = 'CHAT'`, w.log.last(events.Chat))
		if t.Failed() {
			return
		}
	}
}
