package edge

import (
	"context"
	"sync"
)

// subscriptions are one connection's rooms, and the work on them: subscribe and
// unsubscribe frames are done one after the other, in their order, by a
// goroutine that exists only meanwhile.
type subscriptions struct {
	mu      sync.Mutex
	list    []*subscription
	tasks   []func(context.Context)
	running chan struct{} // closed when the running worker ends; nil: none runs
	cancel  context.CancelFunc
	ended   bool
}

// do queues work; false when too much waits already.
func (s *subscriptions) do(c *conn, task func(context.Context)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended || len(s.tasks) >= maxTasks {
		return s.ended
	}
	s.tasks = append(s.tasks, task)
	if s.running == nil {
		s.running = make(chan struct{})
		ctx, cancel := context.WithCancel(c.hub.base)
		s.cancel = cancel
		go s.work(ctx, c, s.running)
	}
	return true
}

// work does what is queued. end waits for it.
func (s *subscriptions) work(ctx context.Context, c *conn, done chan struct{}) {
	defer close(done)
	defer c.hub.contain(c)
	for {
		s.mu.Lock()
		if len(s.tasks) == 0 || s.ended {
			s.tasks, s.running = nil, nil
			s.cancel()
			s.mu.Unlock()
			return
		}
		task := s.tasks[0]
		s.tasks = s.tasks[1:]
		s.mu.Unlock()
		task(ctx)
	}
}

// end stops the work and detaches everything.
func (s *subscriptions) end(c *conn) {
	s.mu.Lock()
	s.ended = true
	running := s.running
	if running != nil {
		s.cancel()
	}
	s.mu.Unlock()
	if running != nil {
		<-running
	}
	for {
		s.mu.Lock()
		if len(s.list) == 0 {
			s.mu.Unlock()
			return
		}
		last := s.list[len(s.list)-1]
		s.mu.Unlock()
		last.topic.detach(last)
		c.forget(last)
	}
}

// of returns the subscription to a room, or nil.
func (s *subscriptions) of(room string) *subscription {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range s.list {
		if sub.topic.scope == room {
			return sub
		}
	}
	return nil
}

// add notes a subscription; false when there are too many.
func (s *subscriptions) add(sub *subscription) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.list) >= maxRooms {
		return false
	}
	s.list = append(s.list, sub)
	sub.topic.hub.metrics.subscribed.Inc()
	return true
}

// forget drops a subscription from the list.
func (c *conn) forget(sub *subscription) {
	s := &c.subs
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, other := range s.list {
		if other == sub {
			last := len(s.list) - 1
			s.list[i] = s.list[last]
			s.list[last] = nil
			s.list = s.list[:last]
			c.hub.metrics.subscribed.Dec()
			return
		}
	}
}
