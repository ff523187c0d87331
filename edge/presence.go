package edge

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

const (
	// presenceTick gathers what changes: one word, however many come and go in it.
	presenceTick = 200 * time.Millisecond
	// beatEvery is how often an edge that has nothing to say shows that it lives,
	// and lease how long it is believed without: whoever was connected to an edge
	// that is killed is gone after lease and a tick.
	beatEvery = 2 * time.Second
	lease     = 8 * time.Second
	// goneAfter is how long somebody without a connection is still here: a page
	// that is loaded again is no going and coming.
	goneAfter = 3 * time.Second
	// frozenFor without a tick means that this process stood still: the others
	// may have spoken meanwhile.
	frozenFor = 3 * time.Second
	// greeting is how long an edge that starts waits for the others' answers
	// before it shows anybody who is here, and settleWithin for what they then tell.
	greeting     = 500 * time.Millisecond
	settleWithin = 3 * time.Second
)

// presence knows who is connected to which edge. Each edge says on core NATS
// who comes and goes there, in numbered words; a hole in the numbers is mended by
// asking that edge for all of its people. Who is here is the sum over the edges
// that live.
//
// Its lock is taken after a topic's and before a connection's.
type presence struct {
	edge    *Edge
	talk    *jetstream.Talk
	id      string // of this process among the edges
	metrics *presenceMetrics
	settled chan struct{} // closed when the other edges are known
	running sync.WaitGroup

	mu      sync.Mutex
	base    context.Context      // of Run
	own     map[string]*devices  // who is connected to this edge
	linger  time.Duration        // goneAfter, unless a test is in a hurry
	due     map[string]time.Time // whose standing here may have changed, and when to say so
	self    *neighbour           // what was said of them
	edges   map[string]*neighbour
	people  map[string]tally // all edges together
	crowds  map[string]*crowd
	large   map[*crowd]struct{}
	in      map[string][]*crowd // by user: the crowds they are in
	strange map[string]struct{} // who came, and of whom large rooms may not know
	asking  bool                // the directory is asked about such
	seen    map[string]time.Time

	ticked, beat time.Time
	greeted      time.Time
}

func newPresence(e *Edge) *presence {
	p := &presence{edge: e, id: chat.NewID(), metrics: newPresenceMetrics(e.Deps.Metrics), settled: make(chan struct{}),
		own: map[string]*devices{}, linger: goneAfter, due: map[string]time.Time{}, self: newNeighbour(""), edges: map[string]*neighbour{},
		people: map[string]tally{}, crowds: map[string]*crowd{}, large: map[*crowd]struct{}{}, in: map[string][]*crowd{},
		strange: map[string]struct{}{}, seen: map[string]time.Time{}}
	p.talk = e.Log.NewTalk(p.hear)
	p.talk.Follow(events.Presence.All())
	p.talk.Follow(events.Roll.Subject(p.id))
	return p
}

// Run speaks and listens until ctx ends. It takes its leave at the end, so that
// the others do not wait for the lease.
func (p *presence) Run(ctx context.Context) error {
	p.mu.Lock()
	p.base = ctx
	p.mu.Unlock()
	defer p.running.Wait()
	defer p.stop()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.talk.Run(ctx, p.leave) })
	group.Go(func() error { return p.tickAll(ctx) })
	group.Go(func() error { return p.keepSeen(ctx) })
	return group.Wait()
}

func (p *presence) tickAll(ctx context.Context) error {
	ticker := time.NewTicker(presenceTick)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			p.tick(time.Now())
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tick says what has changed here, lets go of edges that are silent, and looks
// after large rooms once a second.
func (p *presence) tick(now time.Time) {
	p.awake(now)
	p.speak(now)
	for _, dead := range p.expired(now) {
		p.drop(dead, now)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.settle(now)
	if now.Truncate(time.Second) != p.ticked.Truncate(time.Second) {
		p.count()
		p.askStrangers()
		p.closeIdle(now)
		p.gauge()
	}
	p.ticked = now
}

// awake gives every other edge a new lease when this one stood still: what they
// said meanwhile waits to be heard.
func (p *presence) awake(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ticked.IsZero() || now.Sub(p.ticked) < frozenFor {
		return
	}
	for _, n := range p.edges {
		n.heard = now
	}
	p.beat = time.Time{} // the others may have given this one up
}

// settle ends the time in which this edge does not know the others yet.
func (p *presence) settle(now time.Time) {
	select {
	case <-p.settled:
		return
	default:
	}
	if p.greeted.IsZero() || now.Sub(p.greeted) < greeting {
		return
	}
	for _, n := range p.edges {
		if n.syncing && now.Sub(p.greeted) < settleWithin {
			return
		}
	}
	close(p.settled)
}

// stop lets nothing new start.
func (p *presence) stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.base = nil
}

// start runs fn in a goroutine that Run waits for. The lock is held.
func (p *presence) start(fn func(context.Context)) bool {
	ctx := p.base
	if ctx == nil || ctx.Err() != nil {
		return false
	}
	p.running.Go(func() { fn(ctx) })
	return true
}

// here returns those of the users who are here now, on any device and edge; who
// is away is not.
func (p *presence) here(users []string) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var found []string
	for _, user := range users {
		if p.people[user].standing() == chat.Here {
			found = append(found, user)
		}
	}
	return found
}

// standings returns how each of the users stands.
func (p *presence) standings(users []string) []chat.Standing {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make([]chat.Standing, len(users))
	for i, user := range users {
		all[i] = p.people[user].standing()
	}
	return all
}
