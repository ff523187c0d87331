package edge

import (
	"bytes"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// at returns the address of a message.
func at(room string, seq uint64) string { return fmt.Sprintf("/api/rooms/%s/messages/%d", room, seq) }

func (p *person) edits(n *node, room string, seq uint64, text string) answer {
	return p.editsAs(n, room, seq, chat.NewID(), text)
}

func (p *person) editsAs(n *node, room string, seq uint64, key, text string) answer {
	return p.call(n, "PATCH", at(room, seq), fmt.Sprintf(`{"key":%q,"text":%q}`, key, text))
}

func (p *person) deletes(n *node, room string, seq uint64) answer {
	return p.call(n, "DELETE", at(room, seq), "")
}

func (p *person) reacts(n *node, room string, seq uint64, emoji string, on bool) answer {
	return p.call(n, method(on), at(room, seq)+"/reactions/"+url.PathEscape(emoji), "")
}

func (p *person) pins(n *node, room string, seq uint64, on bool) answer {
	return p.call(n, method(on), at(room, seq)+"/pin", "")
}

func method(on bool) string {
	if on {
		return "PUT"
	}
	return "DELETE"
}

// seesMessage returns a message as it is now.
func (p *person) seesMessage(n *node, room string, seq uint64) (chat.Item, events.Event) {
	p.t.Helper()
	item := into[chat.Item](p.t, p.call(n, "GET", at(room, seq), "").must(p.t, 200))
	ev, err := events.Decode(item.Event)
	if err != nil {
		p.t.Fatal(err)
	}
	return item, ev
}

func textOf(t testing.TB, ev events.Event) string {
	t.Helper()
	data, err := events.DataOf[events.MessagePostedData](ev)
	if err != nil {
		t.Fatal(err)
	}
	return data.Text
}

// tables runs a test with tables that have nothing, half and all of the log.
func tables(t *testing.T, story func(t *testing.T, w *world, persist func())) {
	for name, persist := range map[string]func(*world){"nothing is stored": func(*world) {}, "all is stored": (*world).persist} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			story(t, w, func() { persist(w) })
		})
	}
}

func TestAMessageReadsAsItsAuthorLastWroteIt(t *testing.T) {
	tables(t, func(t *testing.T, w *world, persist func()) {
		one, two := w.edge(), w.edge()
		ada, bob := one.join(t, "ada"), one.join(t, "bob")
		room := ada.makes(one, chat.Public, "Tea").ID
		bob.enters(one, room)
		m := ada.posts(one, room, "helo @bob")
		persist()
		first := into[Ack](t, ada.edits(two, room, m.Seq, "hello @bob").must(t, 200))
		item, ev := bob.seesMessage(one, room, m.Seq)
		data, _ := events.DataOf[events.MessagePostedData](ev)
		if item.Seq != m.Seq || data.Text != "hello @bob" || data.Edited == nil || data.Edited.Seq != first.Seq {
			t.Errorf("%s", item.Event)
		}
		persist()
		ada.edits(one, room, m.Seq, "hello, @bob!").must(t, 200)
		list := into[EditList](t, bob.call(two, "GET", at(room, m.Seq)+"/edits", "").must(t, 200))
		var said []string
		for _, v := range list.Items {
			said = append(said, v.Text)
		}
		if fmt.Sprint(said) != "[helo @bob hello @bob hello, @bob!]" || list.Items[0].Seq != m.Seq || list.Items[1].Seq != first.Seq {
			t.Errorf("%+v", list.Items)
		}
		bob.edits(one, room, m.Seq, "mine").problem(t, 403, chat.Forbidden)
		bob.edits(one, room, m.Seq+1000, "mine").problem(t, 404, chat.NotFound)
		ada.edits(one, room, m.Seq, " ").problem(t, 400, chat.BadText)
	})
}

// Otherwise an old message would be a way around every rule of posting.
func TestWhoMayNoLongerPostEditsNothing(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "News").ID
	bob.enters(two, room)
	seq := bob.posts(two, room, "official").Seq
	ada.does(one, "PATCH", room, "", `{"kind":"announcement"}`).must(t, 200)
	bob.edits(two, room, seq, "defaced").problem(t, 403, chat.ReadOnly)
	ada.does(one, "PUT", room, "/members/"+bob.id+"/role", `{"role":"moderator"}`).must(t, 204)
	bob.edits(two, room, seq, "official, again").must(t, 200)
	bob.deletes(two, room, seq).must(t, 200)
}

func TestAHundredRetriesOfAnEditAreOneEvent(t *testing.T) {
	tables(t, func(t *testing.T, w *world, persist func()) {
		edges := []*node{w.edge(), w.edge()}
		ada := edges[0].join(t, "ada")
		room := ada.makes(edges[0], chat.Public, "Tea").ID
		m := ada.posts(edges[0], room, "helo")
		persist()
		before, key := len(w.inRoom(room)), chat.NewID()
		answers := make([]answer, 30)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = ada.editsAs(edges[i%2], room, m.Seq, key, "hello") })
		}
		all.Wait()
		for _, a := range answers {
			if a.must(t, 200); !bytes.Equal(a.body, answers[0].body) {
				t.Fatalf("%s and %s", a.body, answers[0].body)
			}
		}
		if n := len(w.inRoom(room)); n != before+1 {
			t.Errorf("the log holds %d edits", n-before)
		}
		persist()
		if a := ada.editsAs(edges[1], room, m.Seq, key, "hello"); !bytes.Equal(a.body, answers[0].body) {
			t.Errorf("when stored: %s", a.body)
		}
		ada.editsAs(edges[0], room, m.Seq, key, "hullo").problem(t, 422, chat.KeyReused)
		ada.postsAs(edges[0], room, key, "hello").problem(t, 422, chat.KeyReused)
		old := clientKey(time.Now().Add(-time.Hour))
		a := ada.editsAs(edges[0], room, m.Seq, old, "late").must(t, 200)
		if again := ada.editsAs(edges[1], room, m.Seq, old, "late"); !bytes.Equal(again.body, a.body) {
			t.Errorf("an old key: %s, then %s", a.body, again.body)
		}
		ada.editsAs(edges[0], room, m.Seq, old, "later").problem(t, 422, chat.KeyReused)
	})
}

func TestADeletedMessageIsGoneForEverybody(t *testing.T) {
	tables(t, func(t *testing.T, w *world, persist func()) {
		one, two := w.edge(), w.edge()
		ada, bob, eve := one.join(t, "ada"), one.join(t, "bob"), one.join(t, "eve")
		room := ada.makes(one, chat.Public, "Tea").ID
		bob.enters(one, room)
		eve.enters(one, room)
		key := chat.NewID()
		m := into[Ack](t, bob.postsAs(one, room, key, "the secret").must(t, 201))
		bob.edits(one, room, m.Seq, "another secret").must(t, 200)
		persist()
		eve.deletes(one, room, m.Seq).problem(t, 403, chat.Forbidden)
		gone := bob.deletes(two, room, m.Seq).must(t, 200)
		count := len(w.inRoom(room))
		for _, who := range []*person{bob, ada} { // its author, and who moderates
			if again := who.deletes(one, room, m.Seq); !bytes.Equal(again.body, gone.body) {
				t.Errorf("again, by %s: %s, first %s", who.name, again.body, gone.body)
			}
		}
		if n := len(w.inRoom(room)); n != count {
			t.Errorf("%d more events", n-count)
		}
		for range 2 {
			item, ev := eve.seesMessage(one, room, m.Seq)
			if ev.Type != events.MessageErased || ev.ID != m.Message || ev.Actor.ID != bob.id || bytes.Contains(item.Event, []byte("secret")) {
				t.Errorf("%s", item.Event)
			}
			bob.edits(two, room, m.Seq, "back").problem(t, 409, chat.MessageDeleted)
			bob.reacts(two, room, m.Seq, "👍", true).problem(t, 409, chat.MessageDeleted)
			ada.pins(two, room, m.Seq, true).problem(t, 409, chat.MessageDeleted)
			eve.call(two, "GET", at(room, m.Seq)+"/edits", "").problem(t, 409, chat.MessageDeleted)
			persist()
		}
		other := eve.posts(one, room, "spam")
		ada.deletes(two, room, other.Seq).must(t, 200)
	})
}

func TestAReactionIsPutOnceAndTakenBackOnce(t *testing.T) {
	tables(t, func(t *testing.T, w *world, persist func()) {
		edges := []*node{w.edge(), w.edge()}
		ada, bob := edges[0].join(t, "ada"), edges[0].join(t, "bob")
		room := ada.makes(edges[0], chat.Public, "Tea").ID
		bob.enters(edges[0], room)
		m := ada.posts(edges[0], room, "hello")
		before := len(w.inRoom(room))
		for round := range 3 { // the broker still knows the ids of the rounds before
			for _, on := range []bool{true, false} {
				persist()
				var all sync.WaitGroup
				for i := range 6 {
					all.Go(func() { bob.reacts(edges[i%2], room, m.Seq, "❤", on).must(t, 200) })
				}
				all.Wait()
				item, _ := ada.seesMessage(edges[round%2], room, m.Seq)
				if on && (len(item.Reactions) != 1 || item.Reactions[0].Emoji != "❤️" || item.Reactions[0].Count != 1 || item.Reactions[0].People[0].ID != bob.id) ||
					!on && len(item.Reactions) != 0 {
					t.Errorf("round %d, %t: %+v", round, on, item.Reactions)
				}
			}
		}
		if n := len(w.inRoom(room)); n != before+6 {
			t.Errorf("%d events, want 6", n-before)
		}
		bob.reacts(edges[0], room, m.Seq, "ok", true).problem(t, 400, chat.BadRequest)
	})
}

func TestAMessageHasTwentyKindsOfReactions(t *testing.T) {
	tables(t, func(t *testing.T, w *world, persist func()) {
		one := w.edge()
		ada, bob := one.join(t, "ada"), one.join(t, "bob")
		room := ada.makes(one, chat.Public, "Tea").ID
		bob.enters(one, room)
		m := ada.posts(one, room, "hello")
		for i := range chat.MaxReactions {
			ada.reacts(one, room, m.Seq, string(rune('😀'+i)), true).must(t, 200)
		}
		persist()
		bob.reacts(one, room, m.Seq, "👍", true).problem(t, 409, chat.LimitReached)
		bob.reacts(one, room, m.Seq, "😀", true).must(t, 200)
		ada.reacts(one, room, m.Seq, "😁", false).must(t, 200)
		bob.reacts(one, room, m.Seq, "👍", true).must(t, 200)
	})
}

func TestModeratorsPinAndBothOfADirectRoomDo(t *testing.T) {
	tables(t, func(t *testing.T, w *world, persist func()) {
		one, two := w.edge(), w.edge()
		ada, bob := one.join(t, "ada"), one.join(t, "bob")
		room := ada.makes(one, chat.Private, "Tea").ID
		ada.call(one, "POST", "/api/rooms/"+room+"/invitations", `{"name":"bob"}`).must(t, 204)
		bob.enters(one, room)
		a, b := bob.posts(one, room, "a"), bob.posts(one, room, "b")
		bob.pins(one, room, a.Seq, true).problem(t, 403, chat.Forbidden)
		persist()
		for _, seq := range []uint64{a.Seq, b.Seq, a.Seq} {
			ada.pins(two, room, seq, true).must(t, 200)
		}
		pinned := func() (seqs []uint64) {
			for _, item := range into[PinList](t, bob.call(one, "GET", "/api/rooms/"+room+"/pins", "").must(t, 200)).Items {
				seqs = append(seqs, item.Seq)
			}
			return seqs
		}
		if got := pinned(); fmt.Sprint(got) != fmt.Sprint([]uint64{b.Seq, a.Seq}) {
			t.Errorf("%v", got)
		}
		persist()
		ada.pins(two, room, b.Seq, false).must(t, 200)
		if got := pinned(); fmt.Sprint(got) != fmt.Sprint([]uint64{a.Seq}) {
			t.Errorf("%v", got)
		}
		bob.deletes(one, room, a.Seq).must(t, 200)
		if got := pinned(); len(got) != 0 {
			t.Errorf("%v", got)
		}
		persist()
		if got := pinned(); len(got) != 0 {
			t.Errorf("%v", got)
		}
		direct := into[chat.Room](t, ada.call(one, "POST", "/api/rooms/direct", `{"name":"bob"}`).must(t, 200)).ID
		d := ada.posts(one, direct, "you")
		bob.pins(one, direct, d.Seq, true).must(t, 200)
		ada.pins(two, direct, d.Seq, false).must(t, 200)
		bob.deletes(one, direct, d.Seq).problem(t, 403, chat.Forbidden)
	})
}

// Edges that decide at the same moment may each let the last one in.
func TestThreeEdgesAtOnceShowNoMoreKindsOfReactionsThanThereMayBe(t *testing.T) {
	w := newWorld(t)
	edges := []*node{w.edge(), w.edge(), w.edge()}
	ada := edges[0].join(t, "ada")
	room := ada.makes(edges[0], chat.Public, "Tea").ID
	m := ada.posts(edges[0], room, "hello")
	reacts := func(i int) {
		w.puts(events.New(events.MessageReacted, chat.NewID(), room, events.Person{ID: ada.id, Name: ada.name}, time.Now(),
			events.MessageReactedData{Seq: m.Seq, Emoji: string(rune('😀' + i)), On: true}))
	}
	for i := range chat.MaxReactions - 1 {
		reacts(i)
	}
	var racing sync.WaitGroup
	for i, n := range edges {
		racing.Go(func() { ada.reacts(n, room, m.Seq, []string{"👍", "🎉", "❤️"}[i], true) })
	}
	racing.Wait()
	reacts(chat.MaxReactions) // one that an edge let in surely
	item, _ := ada.seesMessage(edges[0], room, m.Seq)
	want := fmt.Sprint(item.Reactions)
	if len(item.Reactions) != chat.MaxReactions || strings.Contains(want, string(rune('😀'+chat.MaxReactions))) {
		t.Errorf("%d kinds: %s", len(item.Reactions), want)
	}
	w.persist()
	for _, n := range edges {
		if item, _ := ada.seesMessage(n, room, m.Seq); fmt.Sprint(item.Reactions) != want {
			t.Errorf("once it is stored: %v, before: %s", item.Reactions, want)
		}
	}
}
