package edge

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// searches returns a page of what the person finds; more are pairs of parameters.
func (p *person) searches(n *node, q string, more ...string) answer {
	p.t.Helper()
	query := url.Values{"q": {q}}
	for i := 0; i < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	return p.call(n, "GET", "/api/search?"+query.Encode(), "")
}

// finds returns the sequences of what the person finds.
func (p *person) finds(n *node, q string, more ...string) (seqs []uint64) {
	p.t.Helper()
	for _, item := range into[SearchPage](p.t, p.searches(n, q, more...).must(p.t, 200)).Items {
		seqs = append(seqs, item.Seq)
	}
	return seqs
}

func TestASearchFindsWhatMessagesSayNow(t *testing.T) {
	w := newWorld(t)
	n := w.edge(func(_ *Config, d *Deps) { d.Messages = w.db })
	ada, bob := n.join(t, "ada"), n.join(t, "bob")
	room := ada.makes(n, chat.Public, "Plans")
	bob.enters(n, room.ID)
	first := ada.posts(n, room.ID, "주간회의를 합시다").Seq
	second := bob.posts(n, room.ID, "the meeting is moved").Seq
	third := ada.posts(n, room.ID, "회의 meeting").Seq
	w.persist()
	same := func(got []uint64, want ...uint64) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	same(bob.finds(n, "회의"), third, first)
	same(bob.finds(n, "meetings"), third, second)
	same(bob.finds(n, "회의", "author", "ADA", "room", room.ID), third, first)
	same(bob.finds(n, "meeting", "author", bob.id), second)
	same(bob.finds(n, "meeting", "author", "nobody"))
	same(bob.finds(n, "meeting", "since", "2000-01-01T00:00:00Z", "until", "2001-01-01T00:00:00Z"))

	page := into[SearchPage](t, bob.searches(n, "회의", "limit", "1").must(t, 200))
	if len(page.Items) != 1 || page.Next != n.position(events.Chat, third) || page.Items[0].Room != room.ID {
		t.Errorf("the first page: %+v", page)
	}
	same(bob.finds(n, "회의", "limit", "1", "before", page.Next), first)

	ada.edits(n, room.ID, first, "취소되었습니다").must(t, 200)
	ada.deletes(n, room.ID, third).must(t, 200)
	same(bob.finds(n, "회의")) // nothing of it is stored yet
	same(bob.finds(n, "meeting"), second)
	w.persist()
	same(bob.finds(n, "회의"))
	same(bob.finds(n, "취소"), first)
	same(bob.finds(n, "meeting"), second)

	bob.call(n, "POST", "/api/rooms/"+room.ID+"/leave", "").must(t, 204)
	same(bob.finds(n, "취소"))
	bob.searches(n, "취소", "room", room.ID).problem(t, 404, chat.NotFound)
}

func TestASearchThatCannotBeUnderstoodIsRefused(t *testing.T) {
	w := newWorld(t)
	n := w.edge()
	ada := n.join(t, "ada")
	for _, bad := range [][]string{{""}, {"!?"}, {strings.Repeat("a", 201)}, {"a\x00"}, {"a", "room", "*"}, {"a", "limit", "101"},
		{"a", "since", "yesterday"}, {"a", "author", "\xff"}} {
		ada.searches(n, bad[0], bad[1:]...).problem(t, 400, chat.BadRequest)
	}
	ada.searches(n, "a", "before", "1").problem(t, 400, chat.BadPosition)
	if a := ada.searches(n, "a", "before", "ffffffff-7"); a.status != http.StatusGone {
		t.Errorf("a position of another life: %d %s", a.status, a.body)
	}
}

func TestSearchesHaveABoundOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	n := w.edge(func(c *Config, _ *Deps) { c.SearchesPerMinute = 30 })
	ada := n.join(t, "ada")
	for i := range searchesAtOnce {
		a := ada.searches(n, fmt.Sprint("a", i)).must(t, 200)
		if got := a.header.Get("RateLimit-Policy"); got != `"searches";q=20;w=40` {
			t.Errorf("the policy is %s", got)
		}
	}
	ada.searches(n, "a").problem(t, 429, chat.RateLimited)
	ada.posts(n, ada.makes(n, chat.Public, "Plans").ID, "what else one does goes on")
}
