package jetstream

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/natter-chat/natter/events"
)

// A leader that is cut off from the other servers goes on answering for ten
// seconds and more, while these elect another after four at the earliest. What
// it says is then out of date: readers would see the end of a room where there
// is none, and positions would seem to lie in the future. So it is believed only
// while it hears a majority; both times together stay below those four seconds.
const (
	heardWithin = 2500 * time.Millisecond // a leader's followers answer every second
	quorateFor  = time.Second             // so long one look is believed
)

// quorate returns an error unless the stream has a leader that heard a majority
// lately. A server without a leader answers, too, with what it had last. One
// that was never heard has been active 0 ago.
func quorate(s events.Stream, c *jetstream.ClusterInfo) error {
	if c == nil || len(c.Replicas) == 0 {
		return nil // one server
	}
	if c.Leader == "" {
		return fmt.Errorf("%s has no leader", s)
	}
	heard := 1
	for _, peer := range c.Replicas {
		if peer.Active > 0 && peer.Active <= heardWithin {
			heard++
		}
	}
	if 2*heard <= len(c.Replicas)+1 {
		return fmt.Errorf("%s, the leader of %s, does not hear a majority", c.Leader, s)
	}
	return nil
}

// checkLeader returns an error if the leader that answers for a stream may have
// been replaced without knowing.
func (l *Log) checkLeader(ctx context.Context, s events.Stream) error {
	l.mu.RLock()
	looked := l.quorate[s]
	l.mu.RUnlock()
	if time.Since(looked) < quorateFor {
		return nil
	}
	_, err := l.State(ctx, s)
	return err
}

// looked remembers that the stream's leader heard a majority when it was asked,
// which may be long ago when this process was stopped meanwhile.
func (l *Log) looked(s events.Stream, asked time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quorate[s] = asked
}

// lookAgain forgets it: another server may answer from now on.
func (l *Log) lookAgain() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.quorate)
}

// reaches notes that the stream certainly holds a sequence: a leader with a
// majority said so. Live copies do not count, for anybody can forge one.
func (l *Log) reaches(s events.Stream, seq uint64) {
	for r := l.reached[s]; ; {
		was := r.Load()
		if seq <= was || r.CompareAndSwap(was, seq) {
			return
		}
	}
}
