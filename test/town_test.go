package test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"os"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/cluster"
)

// Town is where people talk in one test: a cluster and who came.
type Town struct {
	*cluster.Cluster
	t *testing.T
}

// town opens the cluster of the stories to a test.
func town(t *testing.T) *Town { t.Helper(); return &Town{suite.stories.enter(t), t} }

// pageTown opens the cluster of the browsers to a test.
func pageTown(t *testing.T) *Town { t.Helper(); return &Town{suite.pages.enter(t), t} }

// ownTown starts a small cluster for one test, in which nobody was before. One of
// them runs at a time.
func ownTown(t *testing.T) *Town {
	t.Helper()
	t.Parallel()
	suite.own.Lock()
	t.Cleanup(suite.own.Unlock)
	dir, err := os.MkdirTemp(suite.dir, "own-")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := cluster.Start(cluster.Options{Dir: dir, Binaries: suite.binaries, Edges: 1, Persisters: 1, Notifiers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			dump(t, c)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return &Town{c, t}
}

// Person signs somebody up at the first edge, under a name that nobody else has.
func (w *Town) Person(name string) *Person {
	w.t.Helper()
	p := &Person{t: w.t, town: w, Name: name + "-" + random(3), Client: client.New(w.Edges[0].URL), edges: w.urls()}
	p.must("sign up", client.Retry(p.ctx(), func() error { return p.Signup(p.ctx(), p.Name, password) }))
	return p
}

// People signs several up.
func (w *Town) People(names ...string) []*Person {
	w.t.Helper()
	var all []*Person
	for _, name := range names {
		all = append(all, w.Person(name))
	}
	return all
}

func (w *Town) urls() []string {
	var urls []string
	for _, e := range w.Edges {
		urls = append(urls, e.URL)
	}
	return urls
}

const password = "correct horse battery"

// Person is somebody in a test. What they do fails the test when it fails;
// what they look for is waited for until the deadline.
type Person struct {
	*client.Client
	Name  string
	t     *testing.T
	town  *Town
	edges []string // where their socket goes, the first preferred
	live  *client.Live
	bell  *client.Bell
}

// On returns the same login at an edge: requests and the socket go there.
func (p *Person) On(e *cluster.Edge) *Person {
	edges := []string{e.URL}
	for _, url := range p.edges {
		if url != e.URL {
			edges = append(edges, url)
		}
	}
	return &Person{Client: p.At(e.URL), Name: p.Name, t: p.t, town: p.town, edges: edges}
}

// ctx ends at the deadline for one thing.
func (p *Person) ctx() context.Context {
	ctx, cancel := context.WithTimeout(p.t.Context(), deadline)
	p.t.Cleanup(cancel)
	return ctx
}

func (p *Person) must(what string, err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("%s: %s: %v", p.Name, what, err)
	}
}

// Creates makes a public room under a name of its own.
func (p *Person) Creates(name string) (room string) {
	p.t.Helper()
	return p.creates(chat.Public, name)
}

// CreatesPrivate makes a private room.
func (p *Person) CreatesPrivate(name string) (room string) {
	p.t.Helper()
	return p.creates(chat.Private, name)
}

func (p *Person) creates(kind, name string) string {
	p.t.Helper()
	r, err := p.CreateRoom(p.ctx(), kind, name+" "+random(3), chat.NewID())
	p.must("create "+name, err)
	return r.ID
}

// Opens opens the direct room with somebody.
func (p *Person) Opens(with *Person) (room string) {
	p.t.Helper()
	r, err := p.Direct(p.ctx(), with.Name)
	p.must("open a direct room with "+with.Name, err)
	return r.ID
}

// Joins makes the person a member.
func (p *Person) Joins(room string) { p.t.Helper(); p.must("join", p.Join(p.ctx(), room)) }

// Leaves ends the membership.
func (p *Person) Leaves(room string) { p.t.Helper(); p.must("leave", p.Leave(p.ctx(), room)) }

// Invites asks somebody into a room.
func (p *Person) Invites(room string, who *Person) {
	p.t.Helper()
	p.must("invite "+who.Name, p.Invite(p.ctx(), room, who.Name))
}

func random(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}
