package edge

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/chat"
)

const (
	// errandsHeld is how many errands may wait or be under way. An errand is a
	// few hundred bytes.
	errandsHeld = 1000
	// errandsAtOnce is how many are under way: each holds a connection to the
	// mail server.
	errandsAtOnce = 4
	// errandTries is how often one is tried, and errandTime bounds a try.
	errandTries = 3
	errandTime  = 40 * time.Second
	// errandPause is between two tries, longer after each.
	errandPause = 2 * time.Second
	// lastErrands bounds the end: what is under way may take so long, and then
	// what waits, which is tried once.
	lastErrands = 2 * time.Second
)

// errand is what is left to do about an account after its request was
// answered. It is done later so that the answer's time does not tell what had to
// be done: whether there was somebody to write to.
type errand struct {
	kind string // for the metrics
	do   func(ctx context.Context) error
}

// postman does errands. When its queue is full, requests that would bring one
// are refused before anything happened.
type postman struct {
	edge  *Edge
	slots chan struct{}
	queue chan errand
	done  *prometheus.CounterVec
}

func newPostman(e *Edge) *postman {
	return &postman{edge: e, slots: make(chan struct{}, errandsHeld), queue: make(chan errand, errandsHeld), done: e.metrics.errands}
}

// slot is a place in the queue, for one errand or none.
type slot struct {
	postman *postman
	once    sync.Once
}

// reserve takes a place; overloaded if there is none. The caller gives it back
// with release, whether it was used or not.
func (p *postman) reserve() (*slot, error) {
	select {
	case p.slots <- struct{}{}:
		return &slot{postman: p}, nil
	default:
		p.done.WithLabelValues("any", "dropped").Inc()
		return nil, chat.Errorf(chat.Overloaded, "Too many mails wait to be sent. Nothing happened; try again in a moment.")
	}
}

// use hands an errand over. It never waits.
func (s *slot) use(kind string, do func(ctx context.Context) error) {
	s.once.Do(func() { s.postman.queue <- errand{kind, do} })
}

// release gives the place back, unless it was used: then it is free when the
// errand is done.
func (s *slot) release() {
	s.once.Do(func() { <-s.postman.slots })
}

// Run does errands until ctx ends, then once more what is left, for a moment.
func (p *postman) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	for range errandsAtOnce {
		workers.Go(func() { p.work(ctx) })
	}
	workers.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastErrands)
	defer cancel()
	for range errandsAtOnce {
		workers.Go(func() { p.finish(last) })
	}
	workers.Wait()
	return ctx.Err()
}

func (p *postman) work(ctx context.Context) {
	for {
		select {
		case next := <-p.queue:
			p.deliver(ctx, next)
		case <-ctx.Done():
			return
		}
	}
}

func (p *postman) finish(ctx context.Context) {
	for {
		select {
		case next := <-p.queue:
			p.settle(ctx, next, next.do(ctx))
		default:
			return
		}
	}
}

// deliver tries an errand until it succeeds, cannot succeed, or was tried often
// enough. When ctx ends in between, it goes back to be tried once more.
func (p *postman) deliver(ctx context.Context, next errand) {
	var err error
	for n := range errandTries {
		if n > 0 {
			select {
			case <-time.After(errandPause << n):
			case <-ctx.Done():
			}
		}
		if ctx.Err() != nil {
			p.queue <- next // its slot keeps its place free
			return
		}
		if err = p.try(ctx, next); err == nil || isPermanent(err) {
			break
		}
	}
	p.settle(ctx, next, err)
}

// try does an errand once. One that has begun may still end when ctx does: a
// mail that was half sent would be sent twice.
func (p *postman) try(ctx context.Context, next errand) error {
	whole, cancel := context.WithTimeout(context.WithoutCancel(ctx), errandTime)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(lastErrands, cancel) })()
	return next.do(whole)
}

// settle counts how an errand went, and frees its place.
func (p *postman) settle(ctx context.Context, next errand, err error) {
	outcome := "done"
	if err != nil {
		outcome = "failed"
		p.edge.Logger.ErrorContext(ctx, "a mail was given up", "kind", next.kind, "error", err)
	}
	p.done.WithLabelValues(next.kind, outcome).Inc()
	<-p.slots
}

func isPermanent(err error) bool {
	var p interface{ Permanent() bool }
	return errors.As(err, &p) && p.Permanent()
}
