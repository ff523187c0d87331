package edge

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// topic is one subject with somebody listening here: a room, or a person's
// notifications. It is the feed's listener. Its lock makes attaching atomic:
// a subscription sees each event either in the ring or live, never both and
// never neither.
type topic struct {
	hub     *hub
	follow  *follower // the feed it hangs on
	subject string
	scope   string // the room's or user's id
	codec   codec

	ready chan struct{} // closed when the feed follows, or could not
	err   error         // why not; set before ready is closed
	users atomic.Int32  // who holds it open: subscriptions, and those on their way
	idle  atomic.Int64  // when users became 0, in the hub's ticks
	gone  chan struct{} // closed when the feed has closed it; nil while it is open (hub.mu)

	mu      sync.Mutex
	started bool   // last is known
	last    uint64 // everything up to it has been handled
	shown   uint64 // what a frame made now would name as prev
	hole    uint64 // the log has lost something before it
	ring    ring
	live    []fan           // whoever needs nothing but the shared frames
	ahead   []*subscription // whoever has more than the topic has heard of, or needs a frame of their own first
	stirred chan struct{}   // closed by the next event; nil while nobody waits

	room      chat.Room          // rooms only: its settings, once known
	roomAt    uint64             // the room's revision of which they are true
	members   map[string]*member // users whose membership is known; the room's events keep it true
	coming    int                // subscriptions between acquire and attach
	news      map[string]news    // while somebody is coming: who left or was given another standing
	blind     bool               // while somebody is coming: there was a hole, and answers may be older than it
	markers   *markerFeed        // rooms only
	size      int                // how many members the room had when it was last asked about
	filling   chan struct{}      // closed when the running fill has ended; nil when none runs
	scanning  chan struct{}      // one place: who looks for deletions
	deletions deletions          // rooms only
	want      uint64             // while one runs: how far back others need the ring; 0: nobody

	typers     int   // who typed since typingFrom
	typingFrom int64 // in the hub's ticks
}

// fan is a connection in the fan-out: where the frame goes, and why.
type fan struct {
	to  sink
	sub *subscription
}

// sink is where a subscription's frames go. send must not block: a reader that
// cannot keep up is closed by it.
type sink interface {
	send(frame []byte)
	// push is send for an event or a marker, which may wait a moment for others.
	push(frame []byte)
	// space returns how many bytes may be sent now without closing the reader,
	// with a margin.
	space() int
	// wait returns when there is space, or with ctx's error, or when the
	// reader is gone.
	wait(ctx context.Context) error
	// forget is told that a subscription has ended by itself, such as when
	// its user left the room. It may not lock a topic.
	forget(*subscription)
}

// Event takes the next event of the log (jetstream.Listener).
func (t *topic) Event(e events.Entry) {
	ev, body, ok := readable(e)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.start(e.Prev)
	if e.Seq <= t.last {
		return
	}
	t.last = e.Seq
	t.follow.saw(e.Seq)
	if !ok {
		t.hub.skipped(e)
		return
	}
	it := item{seq: e.Seq, prev: t.shown, about: aboutOf(e.Seq, ev)}
	it.frame, it.event = t.codec.event(ev, e.Seq, t.shown, body)
	if it.frame == nil {
		return
	}
	it.left, it.rewords = leavingOf(ev), rewording(e.Seq, ev)
	t.shown = e.Seq
	t.hub.grew(t.ring.add(it, t.hub.ringLimit()))
	t.changed(ev)
	t.amended(it, ev)
	t.fanOut(&it)
	if it.left != nil {
		t.leave(*it.left)
	}
	if turn, ok := turnOf(ev, it.left); ok {
		t.hub.edge.presence.turned(t.scope, turn)
	}
	t.wake()
}

// amended makes what this edge keeps of the room tell messages as they are now.
func (t *topic) amended(it item, ev events.Event) {
	if it.rewords != nil {
		t.hub.grew(t.ring.reword(*it.rewords, t.reword))
		t.heardDeletion(*it.rewords)
	}
	if t.follow == t.hub.rooms && chat.IsAmendment(ev.Type) {
		t.hub.edge.pages.forget(t.scope)
	}
}

// reword returns it with another body.
func (t *topic) reword(it item, body []byte) item {
	it.frame, it.event = t.codec.event(events.Event{}, it.seq, it.prev, body)
	return it
}

// Reset takes up after a hole that the log could not fill (jetstream.Listener).
func (t *topic) Reset(position uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.started = true
	t.last, t.shown, t.hole = position, position, position
	t.hub.grew(-t.ring.bytes)
	t.ring.reset(position)
	t.members, t.blind, t.deletions = nil, t.coming > 0, deletions{}
	if t.follow == t.hub.rooms {
		t.hub.edge.pages.forget(t.scope)
	}
	t.doubt()
	t.hub.edge.presence.doubt(t.scope)
	frame := t.codec.reset(0, t.at(position), resetHole)
	for _, s := range t.attached() {
		s.at, s.covered = position, position
		s.to.send(frame)
		t.hub.metrics.resets.WithLabelValues(string(resetHole)).Inc()
		if s.state == subAhead && t.inStep(s) {
			t.toLive(s)
		}
	}
	t.wake()
}

// start sets where the topic begins, unless an event already did.
func (t *topic) start(position uint64) {
	if t.started {
		return
	}
	t.started = true
	t.last, t.shown = position, position
	t.ring.reset(position)
}

// fanOut sends it to everybody who is attached and may be told it.
func (t *topic) fanOut(it *item) {
	if it.about < it.seq {
		t.withhold(it)
	}
	for i := range t.live {
		t.live[i].to.push(it.frame)
	}
	t.hub.metrics.deliveries.Add(float64(len(t.live)))
	if len(t.ahead) > 0 {
		for _, s := range append([]*subscription(nil), t.ahead...) {
			t.show(s, it)
			if s.state == subAhead && t.inStep(s) {
				t.toLive(s)
			}
		}
	}
}

// wake lets those who wait for an event go on.
func (t *topic) wake() {
	if t.stirred != nil {
		close(t.stirred)
		t.stirred = nil
	}
}

// at returns a position of this topic.
func (t *topic) at(seq uint64) chat.Position {
	return chat.Position{Incarnation: t.follow.incarnation(), Seq: seq}
}

// leavingOf returns what ev says if it is a member.left.
func leavingOf(ev events.Event) *leaving {
	if ev.Type != events.MemberLeft || ev.Version > events.Version {
		return nil
	}
	data, err := events.DataOf[events.MemberLeftData](ev)
	if err != nil {
		return nil
	}
	return &leaving{user: data.User.ID, rev: data.Rev}
}

// turnOf returns what ev says if somebody came into its room or went.
func turnOf(ev events.Event, left *leaving) (t turn, ok bool) {
	if left != nil {
		return turn{rev: left.rev, user: left.user}, true
	}
	if ev.Type != events.MemberJoined || ev.Version > events.Version {
		return t, false
	}
	data, err := events.DataOf[events.MemberJoinedData](ev)
	return turn{rev: data.Rev, user: data.User.ID, joined: true}, err == nil
}

// hold keeps the topic open for one more user. Only the hub calls it, under
// its lock.
func (t *topic) hold() { t.users.Add(1) }

// release lets go of it; the hub closes it some time after the last.
func (t *topic) release() {
	if t.users.Add(-1) == 0 {
		t.idle.Store(t.hub.clock.Load())
	}
}

// lingers reports whether nobody has used the topic for linger ticks.
func (t *topic) lingers(now int64) bool {
	return t.users.Load() == 0 && now-t.idle.Load() > int64(linger/time.Second)
}
