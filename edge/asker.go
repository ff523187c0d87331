package edge

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
)

const (
	// askAtOnce bounds the seats of one query, and askedAtMost the questions
	// that wait: two for each connection that an edge has by default.
	askAtOnce   = 1000
	askedAtMost = 40_000
	// askWithin bounds a query. It is the edge's: whoever asked may be gone.
	askWithin = 5 * time.Second
	// A query that has taken askHangs may hang, and the next one begins beside
	// it, on another connection. A database that is slow as a whole is not asked
	// more than askBeside queries at once.
	askHangs  = 250 * time.Millisecond
	askBeside = 4
	// After a query that answered so many questions the next one waits for as
	// long as who asks has patience for, after a smaller one for less in
	// proportion: a tenth of it after a single question.
	askedMany = 10
	// Requests have little patience: theirs is over when a single question has
	// been answered. Frames about rooms that are not followed here come
	// by the thousand when a neighbour dies, and take longer than that for
	// other reasons; below 30 a second hardly any of them waits.
	requestPatience = 10 * time.Millisecond
	framePatience   = 300 * time.Millisecond
)

// asker asks the directory about many people in one query. A question goes out
// at once, unless another is being answered or some just were: then it gathers
// with those that come meanwhile. So a lone question never waits, a storm of them
// is a handful of queries, and one query that hangs holds up its own askers only.
//
// A question is answered by a query that began after it was asked, never by one
// under way: rooms are heard, and pages read, before the directory is asked, and
// a leave between the two must show.
type asker struct {
	query   func(context.Context, []chat.Seat) (map[chat.Seat]chat.Membership, error)
	base    context.Context   // ends with the edge
	start   func(func()) bool // runs what the edge waits for; false when it stops
	logger  *slog.Logger
	metrics askMetrics
	hurry   chan struct{} // the pause may have become shorter
	slots   chan struct{} // holds a value for each query that runs, askBeside at most

	mu       sync.Mutex
	waiting  []*question
	seats    int           // of those who wait
	patience time.Duration // the least of those who wait
	working  bool          // a goroutine gathers, or waits for its query
	began    time.Time     // when the last query began
	last     int           // and how many questions it answered
}

func newAsker(e *Edge) *asker {
	return &asker{query: e.Directory.Memberships, base: e.hub.base, start: e.hub.start, logger: e.Logger, metrics: e.metrics.asked,
		hurry: make(chan struct{}, 1), slots: make(chan struct{}, askBeside)}
}

// memberships returns which of the seats are taken, as of a moment after the
// call, and perhaps others. A question that ctx ends leaves the queue.
func (a *asker) memberships(ctx context.Context, patience time.Duration, seats ...chat.Seat) (map[chat.Seat]chat.Membership, error) {
	q := &question{seats: seats, patience: patience, answered: make(chan struct{})}
	if err := a.add(q); err != nil {
		return nil, err
	}
	select {
	case <-q.answered:
		return q.found, q.err
	case <-ctx.Done():
		a.remove(q)
		return nil, &chat.Error{Code: chat.Unavailable, Detail: "This took too long; nothing happened. Try again.", Cause: ctx.Err()}
	}
}

// work has questions answered until nobody waits. There is one at most; it stays
// with a query while that may be quick, so that others gather meanwhile.
func (a *asker) work() {
	for a.gather() {
		a.slots <- struct{}{} // one becomes free, as queries are bounded
		batch, seats := a.take()
		done := make(chan struct{})
		answer := func() {
			defer close(done)
			defer func() { <-a.slots }()
			a.answer(batch, seats)
		}
		if !a.start(answer) {
			answer() // the edge stops, and waits for this goroutine
		}
		select {
		case <-done:
		case <-time.After(askHangs):
		}
	}
}

// answer asks for those of the batch, who may all have left.
func (a *asker) answer(batch []*question, seats []chat.Seat) {
	if len(batch) == 0 {
		return
	}
	found, err := a.ask(seats)
	for _, q := range batch {
		q.found, q.err = found, err
		close(q.answered)
	}
}

// ask is the query. A defect in it fails those who asked, not the edge.
func (a *asker) ask(seats []chat.Seat) (found map[chat.Seat]chat.Membership, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			a.logger.Error("asking for memberships failed", "panic", cause, "stack", string(debug.Stack()))
			err = fmt.Errorf("asking for memberships panicked: %v", cause)
		}
	}()
	ctx, cancel := context.WithTimeout(a.base, askWithin)
	defer cancel()
	a.metrics.queries.Inc()
	return a.query(ctx, seats)
}

// gather returns when the next query is due; false when nobody waits.
func (a *asker) gather() bool {
	for {
		a.mu.Lock()
		if len(a.waiting) == 0 {
			a.working = false
			a.mu.Unlock()
			return false
		}
		pause := a.patience*time.Duration(min(a.last, askedMany))/askedMany - time.Since(a.began)
		if a.seats >= askAtOnce || a.base.Err() != nil {
			pause = 0
		}
		a.mu.Unlock()
		if pause <= 0 {
			return true
		}
		select {
		case <-time.After(pause):
		case <-a.hurry:
		case <-a.base.Done():
		}
	}
}
