package test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/cluster"
)

// Chatter is people who each post so many messages, one after the other.
type Chatter struct {
	t       *testing.T
	reader  *Person
	running sync.WaitGroup
	acked   atomic.Int64
	failed  chan error
}

// chattering makes each of the people post n messages over their edge, made
// from a number.
func (w *Town) chattering(room string, n int, text func(i int) string, people ...*Person) *Chatter {
	c := &Chatter{t: w.t, reader: people[0], failed: make(chan error, len(people))}
	for i, p := range people {
		live := p.On(w.Edges[i%2]).Live()
		c.running.Go(func() {
			for k := range n {
				if _, err := live.Post(w.t.Context(), room, chat.NewID(), text(i*n+k)); err != nil {
					c.failed <- fmt.Errorf("%s: message %d: %w", p.Name, k, err)
					return
				}
				c.acked.Add(1)
			}
		})
	}
	return c
}

// mentioning is chattering in which each message mentions somebody.
func (w *Town) mentioning(who *Person, room string, n int, people ...*Person) *Chatter {
	return w.chattering(room, n, func(i int) string { return fmt.Sprintf("%d for @%s", i, who.Name) }, people...)
}

// Reaches waits until n messages in all have been acknowledged.
func (c *Chatter) Reaches(n int) {
	c.t.Helper()
	eventually(c.t, 2*deadline, func() error {
		if got := int(c.acked.Load()); got < n {
			return fmt.Errorf("%d of %d messages were acknowledged", got, n)
		}
		return nil
	})
}

// Wait waits until all have posted all, and returns the room's texts in order.
func (c *Chatter) Wait(room string) []string {
	c.t.Helper()
	c.running.Wait()
	select {
	case err := <-c.failed:
		c.t.Fatal(err)
	default:
	}
	return c.reader.Reads(room)
}

// MovedTo returns the same person, bell included, whose next stream goes to an edge.
func (p *Person) MovedTo(e *cluster.Edge) *Person {
	moved := *p
	moved.Client = p.At(e.URL)
	return &moved
}
