package edge

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// counted are rows whose pages are counted.
type counted struct {
	Rows
	pages atomic.Int64
}

func (r *counted) RoomPage(ctx context.Context, reader, room string, from, to uint64, limit int, oldest bool) (chat.RoomPage, error) {
	r.pages.Add(1)
	return r.Rows.RoomPage(ctx, reader, room, from, to, limit, oldest)
}

// library is an edge whose looks at the tables are counted, a room of which
// everything is stored, and two of its members.
type library struct {
	*world
	*node
	rows     *counted
	room     string
	ada, bob *person
	seqs     []uint64 // of what was said
}

func newLibrary(t *testing.T) *library {
	w := newWorld(t)
	l := &library{world: w, rows: &counted{}}
	l.node = w.edge(func(_ *Config, d *Deps) { l.rows.Rows, d.Rows = d.Rows, l.rows })
	l.ada, l.bob = l.join(t, "ada"), l.join(t, "bob")
	l.room = l.ada.makes(l.node, chat.Public, "Tea").ID
	l.bob.enters(l.node, l.room)
	for i := range 12 {
		l.seqs = append(l.seqs, l.ada.posts(l.node, l.room, fmt.Sprintf("line %d", i)).Seq)
	}
	w.persist()
	return l
}

func (l *library) before(i int) string {
	return "?limit=3&before=" + l.position(events.Chat, l.seqs[i])
}

func (l *library) after(i int) string {
	return "?limit=3&after=" + l.position(events.Chat, l.seqs[i])
}

// looks returns how often the tables were looked at while fn ran.
func (l *library) looks(fn func()) int64 {
	before := l.rows.pages.Load()
	fn()
	return l.rows.pages.Load() - before
}

func (p *person) asks(n *node, room, query string) answer {
	p.t.Helper()
	return p.call(n, http.MethodGet, "/api/rooms/"+room+"/messages"+query, "")
}

func TestAnOldPageIsReadOnceForAll(t *testing.T) {
	l := newLibrary(t)
	for _, query := range []string{l.before(6), l.after(6), l.before(0), "?limit=100&before=" + l.position(events.Chat, l.seqs[5])} {
		var first, second answer
		if n := l.looks(func() { first = l.ada.asks(l.node, l.room, query).must(t, 200) }); n != 1 {
			t.Errorf("%s: the first took %d looks at the tables", query, n)
		}
		if n := l.looks(func() { second = l.bob.asks(l.node, l.room, query).must(t, 200) }); n != 0 {
			t.Errorf("%s: the second took %d looks at the tables", query, n)
		}
		if string(first.body) != string(second.body) {
			t.Errorf("%s:\n%s\n%s", query, first.body, second.body)
		}
	}
}

func TestAPageThatMayStillGrowIsNotKept(t *testing.T) {
	l := newLibrary(t)
	last := len(l.seqs) - 1
	for i, query := range []string{l.after(last - 3), l.after(last), "?limit=3"} { // the first is full, and has nothing behind it
		before := into[Page](t, l.ada.asks(l.node, l.room, query).must(t, 200))
		more := fmt.Sprintf("more %d", i)
		l.ada.posts(l.node, l.room, more)
		got := l.bob.asks(l.node, l.room, query).must(t, 200)
		if page := into[Page](t, got); !strings.Contains(string(got.body), more) && (before.Newer != "" || page.Newer == "") {
			t.Errorf("%s: without %q: %s", query, more, got.body)
		}
	}
	end := "?limit=3&before=" + l.position(events.Chat, l.ada.posts(l.node, l.room, "not stored yet").Seq)
	first := l.ada.asks(l.node, l.room, end).must(t, 200)
	if n := l.looks(func() { l.bob.asks(l.node, l.room, end).must(t, 200) }); n != 1 {
		t.Error("a page that reaches into the log was kept")
	}
	l.persist()
	if again := l.bob.asks(l.node, l.room, end).must(t, 200); string(again.body) != string(first.body) {
		t.Errorf("%s\n%s", first.body, again.body)
	}
}

func TestAKeptPageIsForMembersOnly(t *testing.T) {
	l := newLibrary(t)
	query := l.before(6)
	l.bob.asks(l.node, l.room, query).must(t, 200)
	eve := l.join(t, "eve")
	eve.asks(l.node, l.room, query).problem(t, 404, chat.NotFound)
	l.bob.call(l.node, "POST", "/api/rooms/"+l.room+"/leave", "").must(t, 204)
	l.bob.asks(l.node, l.room, query).problem(t, 404, chat.NotFound)
	if n := l.looks(func() { l.ada.asks(l.node, l.room, query).must(t, 200) }); n != 0 {
		t.Error("the page was not kept")
	}
}

func TestWhoCameBackIsGivenNoKeptPageOfTheTimeAway(t *testing.T) {
	l := newLibrary(t)
	l.bob.call(l.node, "POST", "/api/rooms/"+l.room+"/leave", "").must(t, 204)
	for range 3 {
		l.ada.posts(l.node, l.room, "bob is away")
	}
	l.bob.enters(l.node, l.room)
	end := l.ada.posts(l.node, l.room, "welcome back").Seq
	l.persist()
	for _, query := range []string{"?limit=3&before=" + l.position(events.Chat, end), l.after(11), l.after(9), l.before(6)} {
		l.bob.asks(l.node, l.room, query).must(t, 200) // what bob sees is kept for nobody
		if got := l.ada.asks(l.node, l.room, query).must(t, 200); !strings.Contains(string(got.body), "away") && !strings.Contains(string(got.body), "line") {
			t.Errorf("%s: ada sees %s", query, got.body)
		}
		if n := l.looks(func() { l.ada.asks(l.node, l.room, query).must(t, 200) }); n != 0 {
			t.Errorf("%s: the page was not kept", query)
		}
		memory := testutil.ToFloat64(l.metrics.pages.served.WithLabelValues("memory"))
		if got := l.bob.asks(l.node, l.room, query).must(t, 200); strings.Contains(string(got.body), "away") || strings.Contains(string(got.body), "line") {
			t.Errorf("%s: bob sees %s", query, got.body)
		}
		if got := testutil.ToFloat64(l.metrics.pages.served.WithLabelValues("memory")); got != memory {
			t.Errorf("%s: bob's page was counted as one from memory", query)
		}
	}
}

// bareDirectory is a directory in which something happens, once each, before an
// answer and between an answer and its arrival.
type bareDirectory struct {
	Directory
	before, after atomic.Pointer[func()]
}

func (d *bareDirectory) Memberships(ctx context.Context, seats []chat.Seat) (map[chat.Seat]chat.Membership, error) {
	if happens := d.before.Swap(nil); happens != nil {
		(*happens)()
	}
	found, err := d.Directory.Memberships(ctx, seats)
	if happens := d.after.Swap(nil); happens != nil {
		(*happens)()
	}
	return found, err
}

func TestWhoLeavesWhileTheyAreLookedUpGetsNoKeptPage(t *testing.T) {
	w := newWorld(t)
	d := &bareDirectory{}
	one := w.edge(func(_ *Config, deps *Deps) { d.Directory, deps.Directory = deps.Directory, d })
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	query := "?limit=3&before=" + one.position(events.Chat, ada.posts(one, room, "line").Seq)
	w.persist()
	bob.asks(one, room, query).must(t, 200)
	leaves := func() { bob.call(one, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204) }
	d.before.Store(&leaves)
	bob.asks(one, room, query).problem(t, 404, chat.NotFound)
}

// Whoever is looked up before the page is at hand is a member still, and is then
// given what was kept meanwhile.
func TestWhoLeavesAfterTheyWereLookedUpGetsNoPageThatWasKeptSince(t *testing.T) {
	w := newWorld(t)
	d := &bareDirectory{}
	one, two := w.edge(func(_ *Config, deps *Deps) { d.Directory, deps.Directory = deps.Directory, d }), w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, chat.Public, "Tea").ID
	bob.enters(one, room)
	after := one.position(events.Chat, ada.posts(one, room, "line").Seq)
	w.persist()
	spot, err := one.spotOf(t.Context(), room, pageQuery{after: after, limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	happens := func() {
		bob.call(two, "POST", "/api/rooms/"+room+"/leave", "").must(t, 204)
		for range 4 {
			ada.posts(two, room, "bob is gone")
		}
		w.persist()
		_, done := one.pages.find(t.Context(), spot) // as history does it; ada's membership would wait for the answer to bob
		if _, err := one.readHistory(t.Context(), chat.Principal{User: events.Person{ID: ada.id}}, spot, done); err != nil {
			t.Error(err)
		}
	}
	d.after.Store(&happens)
	query := "?limit=3&after=" + after
	if got := bob.asks(one, room, query); strings.Contains(string(got.body), "gone") {
		t.Errorf("bob sees what was said after he left: %s", got.body)
	}
	if happens := d.after.Swap(nil); happens != nil { // nobody had to be looked up: the page was not at hand
		(*happens)()
	}
	if body, _ := one.pages.find(t.Context(), spot); !strings.Contains(body.String(), "gone") {
		t.Errorf("what was said after bob left is not kept: %s", body)
	}
	bob.asks(one, room, query).problem(t, 404, chat.NotFound)
}

func TestManyReadersOfOneRoomSeeOneHistory(t *testing.T) {
	l := newLibrary(t)
	want := l.ada.walkBack(l.node, l.room, 5)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 3 {
				who := []*person{l.ada, l.bob}[i%2]
				if got := who.walkBack(l.node, l.room, 1+rand.IntN(4)); !slices.Equal(got, want) {
					t.Errorf("%v, want %v", got, want)
				}
			}
		})
	}
	all.Wait()
}
