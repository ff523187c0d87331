package edge

import (
	"context"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
)

const (
	// failuresAtMost bounds how many accounts' failed log-ins wait to be noted.
	failuresAtMost = 1000
	// noteEvery is how often they are noted, and quietFor how long after that
	// further ones of the same account only count: a guesser fills neither the
	// log nor the list.
	noteEvery = time.Second
	quietFor  = time.Minute
	// noteTime bounds the noting of all that waits, and lastNotes the same at
	// the edge's end.
	noteTime  = 10 * time.Second
	lastNotes = 2 * time.Second
)

// failures gathers failed log-ins, to note them apart from the request. Whoever
// guesses learns nothing from the time that takes: for an account and for a
// name that nobody bears, the request puts a line into the same list, and what is
// written later is written by a clock, at most once a minute for an account.
type failures struct {
	edge *Edge

	mu      sync.Mutex
	waiting map[string]*failure // by user; "" is a name that nobody bears
	dropped int
}

// failure is the failed log-ins of an account that are not noted yet.
type failure struct {
	times int
	on    chat.Device // the last one's
	after time.Time   // when it may be noted
}

func newFailures(e *Edge) *failures { return &failures{edge: e, waiting: map[string]*failure{}} }

// add counts a failed log-in of user, "" for a name that nobody bears.
func (f *failures) add(user string, on chat.Device) {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := f.waiting[user]
	if one == nil {
		if len(f.waiting) >= failuresAtMost {
			f.dropped++
			return
		}
		one = &failure{}
		f.waiting[user] = one
	}
	one.times++
	one.on = on
}

// Run notes until ctx ends, then what is left.
func (f *failures) Run(ctx context.Context) error {
	tick := time.NewTicker(noteEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			f.note(context.WithoutCancel(ctx), time.Now().Add(quietFor), lastNotes)
			return ctx.Err()
		case now := <-tick.C:
			f.note(ctx, now, noteTime)
		}
	}
}

// note writes down what may be noted now. What the database does not take goes
// on waiting.
func (f *failures) note(ctx context.Context, now time.Time, within time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	due := f.due(now)
	for user, one := range due {
		subject, err := f.edge.Accounts.NoteFailedLogins(ctx, user, one.times, one.on)
		if err != nil {
			f.back(due)
			f.edge.Logger.WarnContext(ctx, "failed log-ins could not be noted yet", "error", err)
			return
		}
		delete(due, user)
		f.edge.flush(ctx, subject)
	}
}

// due takes the counts of what may be noted. An account stays in the list for a
// while after it was noted, with a count of 0.
func (f *failures) due(now time.Time) map[string]failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.dropped > 0 {
		f.edge.Logger.Warn("failed log-ins of too many accounts at once: not all are noted", "dropped", f.dropped)
		f.dropped = 0
	}
	due := map[string]failure{}
	for user, one := range f.waiting {
		switch {
		case now.Before(one.after):
		case one.times == 0 || user == "":
			delete(f.waiting, user)
		default:
			due[user] = *one
			one.times, one.after = 0, now.Add(quietFor)
		}
	}
	return due
}

// back returns the counts that could not be noted.
func (f *failures) back(due map[string]failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for user, lost := range due {
		if one := f.waiting[user]; one != nil {
			one.times += lost.times
			one.after = time.Time{}
		}
	}
}
