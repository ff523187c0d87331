package edge

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// talk fills a room with n messages among which other rooms speak, and a few
// entries are no events at all. It returns the sequences that readers may see.
func (w *world) talk(n *node, p *person, room string, count int) []uint64 {
	w.t.Helper()
	other := p.makes(n, chat.Public, "Elsewhere").ID
	var seqs []uint64
	for i := range count {
		seqs = append(seqs, p.posts(n, room, fmt.Sprintf("line %d", i)).Seq)
		switch i % 5 {
		case 1:
			p.posts(n, other, "meanwhile")
		case 3:
			w.raw(events.Chat.Subject(room), "{", `{"type":"message.posted"}`)
		}
	}
	return seqs
}

func seqsOf(items []chat.Item) []uint64 {
	var seqs []uint64
	for _, item := range items {
		seqs = append(seqs, item.Seq)
	}
	return seqs
}

// walkBack reads all pages from the newest to the oldest.
func (p *person) walkBack(n *node, room string, limit int) []uint64 {
	p.t.Helper()
	var seqs []uint64
	for query := fmt.Sprintf("?limit=%d", limit); ; {
		page := p.reads(n, room, query)
		seqs = append(seqsOf(page.Items), seqs...)
		if page.Older == "" {
			return seqs
		}
		query = fmt.Sprintf("?limit=%d&before=%s", limit, page.Older)
	}
}

// walkOn reads all pages from a position to the newest.
func (p *person) walkOn(n *node, room, after string, limit int) []uint64 {
	p.t.Helper()
	var seqs []uint64
	for {
		page := p.reads(n, room, fmt.Sprintf("?limit=%d&after=%s", limit, after))
		seqs = append(seqs, seqsOf(page.Items)...)
		if page.Newer == "" {
			return seqs
		}
		after = page.Newer
	}
}

// However far the persister has come, history is the same, in both directions,
// with any size of page, on every edge.
func TestHistoryIsCompleteHoweverFarBehindThePersisterIs(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	first := seqsOf(ada.reads(one, room, "").Items)
	start := ada.reads(one, room, "").Position
	posted := w.talk(one, ada, room, 23)
	all := slices.Concat(first, posted)
	last := w.lastSeqOf(events.Chat)
	for _, stored := range []uint64{0, first[0], posted[0], posted[7], posted[8] - 1, posted[22], last} {
		w.persistUpTo(stored)
		for _, limit := range []int{1, 2, 7, 26, 50, 100} {
			if limit < 7 && stored != posted[7] {
				continue // small pages cost many requests: one offset will do
			}
			if got := ada.walkBack(two, room, limit); !slices.Equal(got, all) {
				t.Errorf("stored %d, back by %d: %v, want %v", stored, limit, got, all)
			}
			if got := ada.walkOn(one, room, start, limit); !slices.Equal(got, posted) {
				t.Errorf("stored %d, on by %d: %v, want %v", stored, limit, got, posted)
			}
		}
	}
}

func TestTheBytesOfAnEventAreTheSameFromTheLogAndFromTheTables(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	ada.posts(one, room, "<b>&\u2028 \"quoted\" 안녕 😀 \u202e")
	before := ada.call(one, "GET", "/api/rooms/"+room+"/messages", "").must(t, 200)
	w.persist()
	after := ada.call(one, "GET", "/api/rooms/"+room+"/messages", "").must(t, 200)
	if string(before.body) != string(after.body) {
		t.Errorf("from the log    %s\nfrom the tables %s", before.body, after.body)
	}
}

func TestWhoCameBackSeesNothingOfTheTimeAway(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	early := bob.reads(one, room, "").Position
	ada.posts(one, room, "bob is here")
	bob.call(one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
	ada.posts(one, room, "bob is away")
	bob.call(one, "GET", "/api/rooms/"+room+"/messages", "").problem(t, 404, chat.NotFound)
	bob.enters(one, room)
	ada.posts(one, room, "welcome back")
	for range 2 { // from the log, then from the tables
		page := bob.reads(one, room, "")
		if len(page.Items) != 2 || page.Older != "" {
			t.Fatalf("%d items, older %q", len(page.Items), page.Older)
		}
		joined, _ := events.Decode(page.Items[0].Event)
		if joined.Type != events.MemberJoined || joined.Actor.ID != bob.id {
			t.Errorf("the first is %s of %s", joined.Type, joined.Actor.Name)
		}
		if got := bob.walkOn(one, room, early, 10); !slices.Equal(got, seqsOf(page.Items)) {
			t.Errorf("after an early position: %v", got)
		}
		bob.call(one, "GET", "/api/rooms/"+room+"/events?after="+early, "").problem(t, 410, Reset)
		for _, item := range page.Items {
			if strings.Contains(string(item.Event), "away") {
				t.Errorf("bob sees %s", item.Event)
			}
		}
		w.persist()
	}
}

func TestPositionsThatCannotBeHonouredAreSaidSo(t *testing.T) {
	w := newWorld(t)
	one := w.edge()
	ada := one.join(t, "ada")
	room := ada.makes(one, chat.Public, "Tea").ID
	inc := w.log.Incarnation(events.Chat)
	foreign := "00000000"
	if inc == foreign {
		foreign = "11111111"
	}
	for _, path := range []string{"/messages?before=", "/messages?after=", "/events?after="} {
		for position, want := range map[string]resetReason{
			foreign + "-1":                  resetIncarnation,
			inc + "-9223372036854775807":    resetFuture,
			inc + "-1000":                   resetFuture,
			foreign + "-999999999999999999": resetIncarnation,
		} {
			p := ada.call(one, "GET", "/api/rooms/"+room+path+position, "").problem(t, 410, Reset)
			if p.Reason != want || !strings.HasPrefix(p.Position, inc+"-") {
				t.Errorf("%s%s: %s from %s, want %s", path, position, p.Reason, p.Position, want)
			}
		}
		for _, position := range []string{"x", "1", "-1", inc, inc + "-", inc + "-01", inc + "--1", inc + "-1e3", inc + "-18446744073709551616",
			strings.ToUpper("abcdef12") + "-1", inc + "-1%00", "%ff", "*", "%3E", inc + "-" + strings.Repeat("1", 60)} {
			a := ada.call(one, "GET", "/api/rooms/"+room+path+position, "")
			a.problem(t, 400, into[Problem](t, a).Code)
			if code := into[Problem](t, a).Code; code != chat.BadPosition && code != chat.BadRequest {
				t.Errorf("%s%s: %s", path, position, code)
			}
		}
	}
	ada.call(one, "GET", fmt.Sprintf("/api/rooms/%s/messages?before=%s-1&after=%s-1", room, inc, inc), "").problem(t, 400, chat.BadRequest)
	for _, query := range []string{"?limit=0", "?limit=101", "?limit=x", "?limit=-1", "?befor=x", "?limit=1e2"} {
		ada.call(one, "GET", "/api/rooms/"+room+"/messages"+query, "").problem(t, 400, chat.BadRequest)
	}
}
