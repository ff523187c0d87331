package edge

import (
	"slices"
	"time"

	"github.com/natter-chat/natter/chat"
)

// question is what one caller waits for. found is shared with others, to read.
type question struct {
	seats    []chat.Seat
	patience time.Duration
	answered chan struct{}
	found    map[chat.Seat]chat.Membership
	err      error
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
