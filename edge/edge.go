package edge

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/oidc"
)

// Deps is what an edge works with. cmd connects it.
type Deps struct {
	Log         *jetstream.Log
	Accounts    Accounts
	Codes       Codes
	Mail        Mail
	Mailbox     string // where a page shows the mails, in development; or ""
	Rooms       Rooms
	Directory   Directory
	Rows        Rows
	Finder      Finder
	Messages    Messages
	Reading     Reading
	Staff       Staff
	Tokens      Tokens
	Invitations Invitations
	Outbox      Outbox
	Attempts    Attempts
	Crowds      Crowds
	Keys        *auth.Keys
	Passwords   *auth.Passwords
	Logger      *slog.Logger
	Metrics     prometheus.Registerer
	Page        fs.FS            // the page: index.html and what it needs
	Now         func() time.Time // the clock; nil means time.Now
}

// Edge is one stateless node: it speaks HTTP, WebSocket and SSE to clients and
// works on the log. Any number of them run side by side.
type Edge struct {
	cfg Config
	Deps

	proxies   proxies // whose word about clients counts
	foreign   *http.CrossOriginProtection
	elsewhere *oidc.Provider // where people may sign in; nil: nowhere
	metrics   *metrics
	limits    *limits
	horizons  map[events.Stream]*horizon
	verified  *verified // access tokens whose signature was checked
	personal  *personal // personal access tokens that were looked up
	sessions  *sessions // live connections by session, and who was revoked
	hub       *hub      // rooms and people with a live connection here
	presence  *presence // who is connected to which edge
	failures  *failures // failed log-ins that are not noted yet
	asker     *asker    // what is asked of the directory about members
	postman   *postman  // mails that wait to be sent
	pages     *pages    // old pages of history
	reads     *reads    // read markers on their way to the log
	handler   http.Handler
	draining  atomic.Bool
	leaving   context.Context // ends when the edge drains, and with it every long poll
	leave     context.CancelFunc
	running   sync.WaitGroup // look-ups that answer a repeated post
}

// New returns an edge that serves once Run runs.
func New(cfg Config, deps Deps) (*Edge, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Now == nil {
		deps.Now = time.Now
	}
	e := &Edge{cfg: cfg, Deps: deps, metrics: newMetrics(deps.Metrics), limits: newLimits(cfg),
		horizons: map[events.Stream]*horizon{events.Chat: {}, events.Notify: {}}, verified: newVerified()}
	var err error
	if e.proxies, err = parseProxies(cfg.TrustedProxies); err != nil {
		return nil, err
	}
	if e.foreign, err = newCrossOrigin(cfg.Origins); err != nil {
		return nil, err
	}
	e.elsewhere = newElsewhere(cfg, deps.Now)
	e.leaving, e.leave = context.WithCancel(context.Background())
	e.sessions = newSessions(e)
	e.failures = newFailures(e)
	e.personal = newPersonal(e)
	e.hub = newHub(e)
	e.presence = newPresence(e)
	e.asker = newAsker(e)
	e.postman = newPostman(e)
	e.reads = newReads(e)
	e.pages = newPages(deps.Now, keptBytes, e.metrics.pages)
	handler, err := e.routes()
	if err != nil {
		return nil, fmt.Errorf("edge: routes: %w", err)
	}
	e.handler = handler
	return e, nil
}

// Handler serves everything that a client sees: the API, the sockets, the
// streams, the documents and the page.
func (e *Edge) Handler() http.Handler { return e.handler }

// Run owns the feeds, the hub, the postman and the watch for revoked sessions, until ctx
// ends or one of them fails. What it started has ended when it returns.
func (e *Edge) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return e.sessions.Run(ctx) })
	group.Go(func() error { return e.hub.Run(ctx) })
	group.Go(func() error { return e.presence.Run(ctx) })
	group.Go(func() error { return e.failures.Run(ctx) })
	group.Go(func() error { return e.personal.Run(ctx) })
	group.Go(func() error { return e.postman.Run(ctx) })
	group.Go(func() error { return e.makeOwner(ctx) })
	err := group.Wait()
	e.running.Wait()
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Drain stops the edge for a restart: it is no longer ready from now on, long
// polls are answered at once with their position, and sockets are closed with
// 1012, spread over the time that ctx leaves. It
// returns when all are closed, or when ctx ends.
func (e *Edge) Drain(ctx context.Context) {
	e.draining.Store(true)
	e.leave()
	e.hub.Drain(ctx)
}

// Ready reports whether new clients should come here. It does not ask
// PostgreSQL: while that is down, posting and live delivery go on.
func (e *Edge) Ready() error {
	if e.draining.Load() {
		return errors.New("draining")
	}
	if err := e.Log.Ready(); err != nil {
		return err
	}
	return e.sessions.Ready()
}
