package edge

import (
	"context"
	"fmt"
	"slices"
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
// with those that come meanwhile. So a lone question never waits, and a storm of
// them is a handful of queries.
//
// A question is answered by a query that began after it was asked, never by one
// under way: rooms are heard, and pages read, before the directory is asked, and
// a leave between the two must show.
type asker struct {
	query   func(context.Context, []chat.Seat) (map[chat.Seat]chat.Membership, error)
	base    context.Context   // ends with the edge
	start   func(func()) bool // runs what the edge waits for; false when it stops
	metrics asked
	hurry   chan struct{} // the pause may have become shorter

	mu       sync.Mutex
	waiting  []*question
	seats    int           // of those who wait
	patience time.Duration // the least of those who wait
	working  bool          // a goroutine asks, or gathers
	began    time.Time     // when the last query began
	last     int           // and how many questions it answered
}

func newAsker(e *Edge) *asker {
	return &asker{query: e.Directory.Memberships, base: e.hub.base, start: e.hub.start, metrics: e.metrics.asked, hurry: make(chan struct{}, 1)}
}

// question is what one caller waits for. found is shared with others, to read.
type question struct {
	seats    []chat.Seat
	patience time.Duration
	answered chan struct{}
	found    map[chat.Seat]chat.Membership
	err      error
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

func (a *asker) add(q *question) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) >= askedAtMost {
		return chat.Errorf(chat.Overloaded, "Too many wait for the database. Nothing happened; try again in a moment.")
	}
	if !a.working {
		if a.working = a.start(a.work); !a.working {
			return chat.Errorf(chat.Unavailable, "This server is stopping; nothing happened. Try again.")
		}
	}
	if a.metrics.questions.Inc(); len(a.waiting) == 0 || q.patience < a.patience {
		a.patience = q.patience
		a.nudge()
	}
	a.waiting = append(a.waiting, q)
	if a.seats += len(q.seats); a.seats >= askAtOnce {
		a.nudge()
	}
	return nil
}

// nudge makes gather look again.
func (a *asker) nudge() {
	select {
	case a.hurry <- struct{}{}:
	default:
	}
}

// remove forgets a question that nobody waits for any more.
func (a *asker) remove(q *question) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if i := slices.Index(a.waiting, q); i >= 0 {
		a.waiting = slices.Delete(a.waiting, i, i+1)
		a.seats -= len(q.seats)
	}
}

// work asks until nobody waits. There is one at most.
func (a *asker) work() {
	for a.gather() {
		batch, seats := a.take()
		if len(batch) == 0 {
			continue // they all left
		}
		found, err := a.ask(seats)
		for _, q := range batch {
			q.found, q.err = found, err
			close(q.answered)
		}
	}
}

// ask is the query. A defect in it fails those who asked, not the edge.
func (a *asker) ask(seats []chat.Seat) (found map[chat.Seat]chat.Membership, err error) {
	defer func() {
		if cause := recover(); cause != nil {
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

// take removes what the next query answers from those who wait: the oldest
// questions. It returns their seats, each once.
func (a *asker) take() (batch []*question, seats []chat.Seat) {
	a.mu.Lock()
	defer a.mu.Unlock()
	known := map[chat.Seat]bool{}
	n := 0
	for _, q := range a.waiting {
		if n > 0 && len(seats)+len(q.seats) > askAtOnce {
			break
		}
		n++
		for _, s := range q.seats {
			if !known[s] {
				known[s] = true
				seats = append(seats, s)
			}
		}
		a.seats -= len(q.seats)
	}
	batch = append(batch, a.waiting[:n]...)
	a.waiting = append([]*question(nil), a.waiting[n:]...)
	for i, q := range a.waiting {
		if i == 0 || q.patience < a.patience {
			a.patience = q.patience
		}
	}
	a.began, a.last = time.Now(), n
	return batch, seats
}
