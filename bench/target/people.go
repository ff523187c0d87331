package target

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/sql"
	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/cluster"
)

// Person is somebody with a session.
type Person struct {
	User    events.Person
	session string
	keys    *auth.Keys // nil: the login below has the token

	mu      sync.Mutex
	login   *client.Client
	token   string
	expires time.Time
}

// fresh is how long a token that is handed out lives at least.
const fresh = time.Minute

// Token returns an access token that lives for a minute at least.
func (p *Person) Token() (token string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Until(p.expires) > fresh {
		return p.token, nil
	}
	if p.keys != nil {
		p.token, p.expires, err = p.keys.Access(p.User, p.session)
		return p.token, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := p.login.Refresh(ctx); err != nil {
		return "", err
	}
	p.token, p.expires = p.login.Token(), p.login.Expires()
	return p.token, nil
}

// Client returns the person as a client of an edge.
func (p *Person) Client(edge string) (*client.Client, error) {
	token, err := p.Token()
	if err != nil {
		return nil, err
	}
	c := client.New(edge)
	c.SetToken(token)
	return c, nil
}

// registry makes people where sign-ups would: in the database. It spares the
// password hash, which costs 30 ms of a core a head by intention.
type registry struct {
	db   *sql.DB
	log  *jetstream.Log
	keys *auth.Keys
}

func newRegistry(ctx context.Context, c *cluster.Cluster) (*registry, error) {
	secrets, err := auth.ParseSecrets(c.Secret())
	if err != nil {
		return nil, err
	}
	keys, err := auth.NewKeys(secrets, nil)
	if err != nil {
		return nil, err
	}
	quiet := slog.New(slog.DiscardHandler)
	db, err := sql.Open(ctx, c.Postgres.URL(), quiet, nil)
	if err != nil {
		return nil, err
	}
	log, err := jetstream.Connect(ctx, jetstream.Options{URL: c.NATS.URL(), Name: "bench", MonitorURL: c.NATS.Monitor, Logger: quiet})
	if err != nil {
		db.Close()
		return nil, err
	}
	r := &registry{db: db, log: log, keys: keys}
	if err := log.Check(ctx); err != nil { // from here on it knows the streams' incarnations
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *registry) close() {
	r.log.Close()
	r.db.Close()
}

// atOnce is how many things a preparation does at the same time.
const atOnce = 8

// joinsAtOnce is more: each waits for a commit, which many share.
const joinsAtOnce = 32

// People makes n people. Against a running natter they sign up as people do.
func (t *Target) People(ctx context.Context, prefix string, n int) ([]*Person, error) {
	people := make([]*Person, n)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range people {
		group.Go(func() (err error) {
			name := fmt.Sprintf("%s-%d", prefix, i)
			if t.people == nil {
				people[i], err = signUp(ctx, t.Edges[i%len(t.Edges)], name)
				return err
			}
			s, _, err := t.people.db.SignUp(ctx, chat.NewAccount{Name: name}, chat.Device{})
			people[i] = &Person{User: s.User, session: s.ID, keys: t.people.keys}
			return err
		})
	}
	return people, group.Wait()
}

func signUp(ctx context.Context, edge, name string) (*Person, error) {
	c := client.New(edge)
	if err := c.Signup(ctx, name, "the load tool's password"); err != nil {
		return nil, fmt.Errorf("%w (a load needs NATTER_ACCOUNTS_PER_MINUTE=0)", err)
	}
	return &Person{User: c.User(), login: c, token: c.Token(), expires: c.Expires()}, nil
}

// Room makes a public room of people; the first creates it.
func (t *Target) Room(ctx context.Context, name string, people []*Person) (string, error) {
	owner, err := people[0].Client(t.Edges[0])
	if err != nil {
		return "", err
	}
	room, err := owner.CreateRoom(ctx, chat.Public, name, chat.NewID())
	if err != nil {
		return "", err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(joinsAtOnce)
	for i, p := range people[1:] {
		group.Go(func() error {
			c, err := p.Client(t.Edges[i%len(t.Edges)])
			if err != nil {
				return err
			}
			return client.Retry(ctx, func() error { return c.Join(ctx, room.ID) })
		})
	}
	return room.ID, group.Wait()
}
