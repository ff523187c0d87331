package edge

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/sql"
)

var rushes = flag.Int("rushes", 1, "how often a thousand people rush into a room")

// throng is many people at three edges, each with a pool of its own.
type throng struct {
	*world
	edges  []*node
	people []chat.Principal
}

func newThrong(t *testing.T, n int) *throng {
	t.Helper()
	c := &throng{world: newWorld(t)}
	for range 3 {
		db, err := sql.Open(t.Context(), c.postgres, testenv.Logger(t, slog.LevelError), nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(db.Close)
		c.edges = append(c.edges, c.edge(func(_ *Config, d *Deps) { d.Rooms, d.Directory, d.Outbox = db, db, outbox{db, d.Log} }))
	}
	for i := range n {
		s, _, err := c.db.SignUp(t.Context(), chat.NewAccount{Name: fmt.Sprint("person", i), PasswordHash: "none"}, chat.Device{})
		if err != nil {
			t.Fatal(err)
		}
		c.people = append(c.people, chat.Principal{User: s.User, Session: s.ID})
	}
	return c
}

// rush lets people do something at the same moment, each at an edge, as clients
// that come again when natter is busy, ever later, and counts what they are told.
func (c *throng) rush(people []chat.Principal, do func(ctx context.Context, e *Edge, who chat.Principal) error) map[chat.Code]int {
	start := make(chan struct{})
	told := make(chan chat.Code, len(people))
	var all sync.WaitGroup
	for i, who := range people {
		all.Go(func() {
			<-start
			for try := 0; ; try++ {
				err := do(c.t.Context(), c.edges[(i+try)%len(c.edges)].Edge, who)
				if code := chat.CodeOf(err); code != chat.Unavailable && code != chat.OutcomeUnknown {
					told <- code
					return
				}
				time.Sleep(time.Duration(min(try+1, 10)) * 100 * time.Millisecond)
			}
		})
	}
	close(start)
	all.Wait()
	close(told)
	counts := map[chat.Code]int{}
	for code := range told {
		counts[code]++
	}
	return counts
}

// joined counts those who the log and the list of members say came in.
func (c *throng) joined(room string) (byLog, byList int) {
	c.t.Helper()
	if err := (outbox{c.db, c.log}).Flush(c.t.Context(), events.Chat.Subject(room)); err != nil { // what a busy edge left for later
		c.t.Fatal(err)
	}
	entries, _, err := c.log.Read(c.t.Context(), events.Chat.Subject(room), 0, 2000)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, entry := range entries {
		if ev, err := entry.Event(); err == nil && ev.Type == events.MemberJoined {
			byLog++
		}
	}
	members, err := c.db.Members(c.t.Context(), room, "", chat.MaxPage)
	if err != nil {
		c.t.Fatal(err)
	}
	return byLog, len(members)
}

// There is no lock but the room's row, and no edge knows of the others.
func TestAThousandJoinsOverThreeEdgesFillARoomExactly(t *testing.T) {
	const capacity, uses = 50, 10
	c := newThrong(t, 1000)
	owner, others := c.people[0], c.people[1:]
	at := context.WithValue(t.Context(), requestKey{}, httptest.NewRequest("POST", "/", nil))
	for round := range *rushes {
		full, err := c.edges[0].createRoom(t.Context(), owner, "", chat.NewRoom{Kind: chat.Public, Name: "Full", Capacity: capacity})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		told := c.rush(others, func(ctx context.Context, e *Edge, who chat.Principal) error {
			_, err := e.joinRoom(ctx, who, full.ID)
			return err
		})
		t.Logf("round %d: %d joins in %v: %v", round, len(others), time.Since(began), told)
		if told[""] != capacity-1 || told[chat.LimitReached] != len(others)-capacity+1 {
			t.Errorf("round %d: %v", round, told)
		}
		if byLog, byList := c.joined(full.ID); byLog != capacity || byList != capacity {
			t.Errorf("round %d: %d joined by the log, %d by the list", round, byLog, byList)
		}

		linked, err := c.edges[0].createRoom(t.Context(), owner, "", chat.NewRoom{Kind: chat.Private, Name: "Linked"})
		if err != nil {
			t.Fatal(err)
		}
		link, err := c.edges[1].newLink(at, owner, linked.ID, uses, 1)
		if err != nil {
			t.Fatal(err)
		}
		_, secret, _ := strings.Cut(link.Link, "/#/join/")
		told = c.rush(others[:50], func(ctx context.Context, e *Edge, who chat.Principal) error {
			_, err := e.joinByLink(ctx, who, secret)
			return err
		})
		if byLog, byList := c.joined(linked.ID); told[""] != uses || told[chat.BadInvitation] != 50-uses || byLog != uses+1 || byList != uses+1 {
			t.Errorf("round %d: by a link of %d uses %v came in, %d by the log, %d by the list", round, uses, told, byLog, byList)
		}
	}
}
