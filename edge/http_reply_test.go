package edge

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

func (p *person) answers(n *node, room, key, text string, reply uint64) answer {
	return p.call(n, "POST", "/api/rooms/"+room+"/messages", fmt.Sprintf(`{"key":%q,"text":%q,"reply":%d}`, key, text, reply))
}

func TestAReplyNamesAMessageThatItsAuthorMaySee(t *testing.T) {
	tables(t, func(t *testing.T, w *world, persist func()) {
		one, two := w.edge(), w.edge()
		ada, bob := one.join(t, "ada"), one.join(t, "bob")
		room, other := ada.makes(one, chat.Public, "Tea").ID, ada.makes(one, chat.Public, "Coffee").ID
		bob.enters(one, room)
		elsewhere := ada.posts(one, other, "elsewhere")
		early := ada.posts(one, room, "early")
		persist()
		key := chat.NewID()
		said := bob.answers(two, room, key, "yes", early.Seq).must(t, 201)
		_, ev := ada.seesMessage(one, room, into[Ack](t, said).Seq)
		if data, _ := events.DataOf[events.MessagePostedData](ev); data.Reply == nil || *data.Reply != (events.Reply{Seq: early.Seq, User: events.Person{ID: ada.id, Name: "ada"}}) {
			t.Errorf("%s", ev.Data)
		}
		for _, seq := range []uint64{elsewhere.Seq, 1 << 40, 1} {
			bob.answers(two, room, chat.NewID(), "no", seq).problem(t, 404, chat.NotFound)
		}
		bob.answers(one, room, key, "yes", elsewhere.Seq).problem(t, 422, chat.KeyReused)
		bob.postsAs(one, room, key, "yes").problem(t, 422, chat.KeyReused)
		ada.deletes(one, room, early.Seq).must(t, 200)
		persist()
		bob.answers(two, room, chat.NewID(), "no", early.Seq).problem(t, 409, chat.MessageDeleted)
		if again := bob.answers(one, room, key, "yes", early.Seq); !bytes.Equal(again.body, said.body) {
			t.Errorf("a retry after what it answers went: %s, first %s", again.body, said.body)
		}
		bob.call(one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
		late := ada.posts(one, room, "while bob was away")
		bob.enters(one, room)
		persist()
		bob.answers(one, room, chat.NewID(), "no", late.Seq).problem(t, 404, chat.NotFound)
		bob.reacts(one, room, late.Seq, "👍", true).problem(t, 404, chat.NotFound)
		bob.call(one, "GET", at(room, late.Seq), "").problem(t, 404, chat.NotFound)
	})
}

// crowdOf returns the crowd that a message mentions, as its readers see it.
func (p *person) crowdOf(n *node, room string, seq uint64) string {
	p.t.Helper()
	_, ev := p.seesMessage(n, room, seq)
	data, _ := events.DataOf[events.MessagePostedData](ev)
	return data.Crowd
}

func TestACrowdIsMentionedOnceAMinuteOverAllEdges(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	eve := one.join(t, "eve")
	eve.enters(one, room)
	eve.connects(two)
	testenv.Until(t, "eve is here, alone", func() bool { return len(two.presence.here([]string{ada.id, bob.id, eve.id})) == 1 })
	for _, step := range []struct {
		who  *person
		n    *node
		text string
		want string
	}{
		{ada, one, "`@room` is no mention", ""}, {ada, one, "@room tea!", "room"}, {ada, two, "@here tea!", ""}, {bob, two, "@here yes", "here"},
	} {
		if got := bob.crowdOf(one, room, step.who.posts(step.n, room, step.text).Seq); got != step.want {
			t.Errorf("%s by %s: %q", step.text, step.who.name, got)
		}
	}
	seat, err := w.seat(eve, room)
	if err != nil {
		t.Fatal(err)
	}
	id, eves := chat.NewID(), chat.Principal{User: events.Person{ID: eve.id, Name: "eve"}}
	for _, try := range []struct{ id, want string }{{id, "room"}, {chat.NewID(), ""}, {id, "room"}} { // the last is a retry
		if got, err := one.crowd(t.Context(), eves, seat, try.id, "@room"); got != try.want || err != nil {
			t.Errorf("a try of %s: %q, %v", try.id, got, err)
		}
	}
	page := bob.reads(one, room, "")
	_, here := bob.seesMessage(one, room, page.Items[len(page.Items)-1].Seq)
	if data, _ := events.DataOf[events.MessagePostedData](here); len(data.Mentions) != 1 || data.Mentions[0].ID != eve.id {
		t.Errorf("@here mentions %v", data.Mentions)
	}
	direct := into[chat.Room](t, ada.call(one, "POST", "/api/rooms/direct", `{"name":"bob"}`).must(t, 200)).ID
	if got := bob.crowdOf(one, direct, ada.posts(one, direct, "@room").Seq); got != "" {
		t.Errorf("in a direct room: %q", got)
	}
}

func TestInALargeRoomOnlyModeratorsMentionACrowd(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	for i := range crowdFree - 1 {
		one.join(t, "guest"+strings.Repeat("x", i)).enters(one, room)
	}
	if got := bob.crowdOf(one, room, bob.posts(one, room, "@room").Seq); got != "" {
		t.Errorf("a member's: %q", got)
	}
	if got := bob.crowdOf(one, room, ada.posts(one, room, "@room").Seq); got != "room" {
		t.Errorf("the owner's: %q", got)
	}
}

func TestAReplyQuotesNothingToWhomThatIsHidden(t *testing.T) {
	tables(t, func(t *testing.T, w *world, persist func()) {
		one := w.edge()
		ada, bob := one.join(t, "ada"), one.join(t, "bob")
		room := ada.makes(one, chat.Public, "Tea").ID
		bob.enters(one, room)
		bob.call(one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
		hidden := ada.posts(one, room, "while bob was away")
		bob.enters(one, room)
		reply := into[Ack](t, ada.answers(one, room, chat.NewID(), "as I said", hidden.Seq).must(t, 201)).Seq
		ada.pins(one, room, reply, true).must(t, 200)
		persist()
		for _, path := range []string{at(room, reply), "/api/rooms/" + room + "/pins", "/api/rooms/" + room + "/messages"} {
			if seen := bob.call(one, "GET", path, "").must(t, 200).body; !bytes.Contains(seen, []byte("as I said")) || bytes.Contains(seen, []byte("bob was away")) {
				t.Errorf("%s: %s", path, seen)
			}
			if seen := ada.call(one, "GET", path, "").must(t, 200).body; !bytes.Contains(seen, []byte(`"quote"`)) {
				t.Errorf("ada sees no quote at %s: %s", path, seen)
			}
		}
	})
}
