package sql_test

import (
	"fmt"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/search"
	"github.com/natter-chat/natter/sql"
)

// finds returns the first page of what somebody finds.
func (w *world) finds(who events.Person, query string) []chat.FoundItem {
	w.t.Helper()
	q := must[search.Query](w.t)(search.Parse(query))
	return must[chat.Found](w.t)(w.Search(w.t.Context(), chat.SearchFor{Reader: who.ID, Limit: 50}, q)).Items
}

func TestASearchSeesTheRoomsOneIsInAndFromWhenOn(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.person("ada"), w.person("bob")
	room := w.room(ada, chat.Public, "News")
	say := func(text string) uint64 { return w.log.append(posted(ada, room, text)).Seq }
	first := say("first secret")
	sees := func(when string, want ...uint64) {
		t.Helper()
		w.fold()
		var got []uint64
		for _, item := range w.finds(bob, "secret") {
			got = append(got, item.Seq)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: sees %v, want %v", when, got, want)
		}
	}
	sees("a stranger")
	w.join(bob, room)
	sees("a member", first)
	w.leave(bob, room)
	say("second secret")
	sees("an ex-member")
	q := must[search.Query](t)(search.Parse("secret"))
	for _, where := range []string{room, chat.NewID(), "*"} {
		_, err := w.Search(t.Context(), chat.SearchFor{Reader: bob.ID, Room: where, Limit: 50}, q)
		wants(t, err, chat.NotFound)
	}
	w.join(bob, room)
	third := say("third secret")
	sees("who came back", third)
}

// A page is complete when it is read, and the next goes on where it ended, while
// people go on talking.
func TestPagesOverlapNowhereWhileMessagesArrive(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	var want []uint64
	for i := range 40 {
		want = append([]uint64{w.log.append(posted(ada, sql.LobbyID, fmt.Sprintf("회의 %d", i))).Seq}, want...)
	}
	q := must[search.Query](t)(search.Parse("회의"))
	f := chat.SearchFor{Reader: ada.ID, Limit: 7}
	var got []uint64
	for more := true; more; {
		w.fold()
		found := must[chat.Found](t)(w.Search(t.Context(), f, q))
		for _, item := range found.Items {
			got = append(got, item.Seq)
		}
		w.log.append(posted(ada, sql.LobbyID, "회의 meanwhile"))
		more, f.Before = found.More, found.Before
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWhatMeansSomethingToTheServerIsOnlyLookedFor(t *testing.T) {
	w := newWorld(t)
	ada := w.person("ada")
	for _, text := range []string{"'; DROP TABLE search; --", "a & !b | (c:*)", `{1,2} \ %_*`, "$7 = $8"} {
		seq := w.log.append(posted(ada, sql.LobbyID, text)).Seq
		w.fold()
		if got := w.finds(ada, text); len(got) != 1 || got[0].Seq != seq {
			t.Errorf("%q finds %v", text, got)
		}
	}
}
