package edge

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// said returns the texts of a page, "-" for what was deleted.
func said(t testing.TB, page Page) (texts []string) {
	t.Helper()
	for _, item := range page.Items {
		ev, err := events.Decode(item.Event)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case ev.Type == events.MessagePosted:
			texts = append(texts, textOf(t, ev))
		case ev.Type == events.MessageErased:
			texts = append(texts, "-")
		case chat.IsAmendment(ev.Type):
			t.Errorf("%s stands in history", ev.Type)
		}
	}
	return texts
}

// Whatever is stored, on whatever page: what was edited is edited, what was
// deleted is gone, and what stands beside a message stands there.
func TestHistoryShowsMessagesAsTheyAreNow(t *testing.T) {
	tables(t, func(t *testing.T, w *world, persist func()) {
		one, two := w.edge(), w.edge()
		ada, bob := one.join(t, "ada"), one.join(t, "bob")
		room := ada.makes(one, chat.Public, "Tea").ID
		bob.enters(one, room)
		var acks []Ack
		for _, text := range []string{"a", "b", "c", "d"} {
			acks = append(acks, ada.posts(one, room, text))
		}
		reply := into[Ack](t, bob.answers(one, room, chat.NewID(), "to b", acks[1].Seq).must(t, 201))
		persist()
		pages := func() {
			for _, n := range []*node{one, two} {
				bob.reads(n, room, "?before="+reply.Position+"&limit=100")
			}
		}
		pages() // may be kept from now on
		ada.edits(one, room, acks[1].Seq, "B").must(t, 200)
		ada.deletes(one, room, acks[2].Seq).must(t, 200)
		bob.reacts(one, room, acks[0].Seq, "👍", true).must(t, 200)
		ada.pins(one, room, acks[3].Seq, true).must(t, 200)
		for range 2 {
			for _, query := range []string{"?limit=100", "?limit=100&before=" + chat.Position{Incarnation: one.Log.Incarnation(events.Chat), Seq: reply.Seq + 1}.String(),
				"?limit=100&after=" + w.start()} {
				page := bob.reads(two, room, query)
				if got := said(t, page); !slices.Equal(got, []string{"a", "B", "-", "d", "to b"}) {
					t.Errorf("%s: %q", query, got)
				}
				for _, item := range page.Items {
					switch item.Seq {
					case acks[0].Seq:
						if len(item.Reactions) != 1 || item.Reactions[0].People[0].ID != bob.id {
							t.Errorf("%+v", item.Reactions)
						}
					case acks[3].Seq:
						if !item.Pinned {
							t.Error("it is not pinned")
						}
					case reply.Seq:
						if item.Quote == nil || item.Quote.Excerpt != "B" || item.Quote.Seq != acks[1].Seq || item.Quote.User.ID != ada.id {
							t.Errorf("quote %+v", item.Quote)
						}
					}
				}
			}
			persist()
		}
		ada.deletes(one, room, acks[1].Seq).must(t, 200)
		page := bob.reads(two, room, "?limit=1")
		if q := page.Items[0].Quote; q == nil || !q.Deleted || q.Excerpt != "" {
			t.Errorf("quote %+v", q)
		}
	})
}

// Whoever was removed sees nothing of what was said after that, not even in a
// page of what was said before.
func TestAnEditAfterOnesLeaveIsNotSeenInAnOldPage(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	m := ada.posts(one, room, "old")
	ada.posts(one, room, "later")
	w.persist()
	rows, err := one.Rows.RoomPage(t.Context(), bob.id, room, 0, 0, 10, false)
	if err != nil {
		t.Fatal(err)
	}
	bob.call(one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
	ada.edits(one, room, m.Seq, "secret").must(t, 200)
	late, err := one.lateOf(t.Context(), leaver{bob.id, rows.Rev}, room, rows.Offset)
	if err != nil {
		t.Fatal(err)
	}
	if late.apply(rows.Items); bytes.Contains(rows.Items[len(rows.Items)-2].Event, []byte("secret")) {
		t.Errorf("%s", fmt.Sprint(rows.Items))
	}
}
