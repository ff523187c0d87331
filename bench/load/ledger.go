package load

import (
	"sync"
	"sync/atomic"
)

// Room is what was said in one room and acknowledged.
type Room struct {
	ID string

	mu    sync.Mutex
	acked tally
	turns uint64 // joins and leaves while the seats follow
	seats []*seat
}

// tally is a set of events as far as it can be compared cheaply: how many, and
// the sums of their sequences and of their posts' numbers. Two sets of the same
// tally that are equal in order event by event are the same set but for a
// malice that is not natter's.
type tally struct{ count, seqs, numbers uint64 }

func (t *tally) add(seq, number uint64) { t.count++; t.seqs += seq; t.numbers += number }

// Acked notes a post of the room that somebody else than a Conn has stored,
// straight in the log.
func (r *Room) Acked(seq, number uint64) { r.ack(seq, number) }

// Turned notes somebody's join or leave that was answered.
func (r *Room) Turned() { r.mu.Lock(); defer r.mu.Unlock(); r.turns++ }

func (r *Room) ack(seq, number uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acked.add(seq, number)
}

func (r *Room) total() (acked tally, turns uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.acked, r.turns
}

// seat is one connection's view of one room.
type seat struct {
	room *Room
	open atomic.Bool // subscribed

	// The reader's, but for got.count at the end.
	incarnation string
	last        uint64 // the seq that the next event continues
	got         tally
	count       atomic.Uint64 // got.count, for those who wait
	turns       atomic.Uint64

	lost, duplicated, reordered uint64
}

// see checks one event. number is the post's, ours false for an event that is
// no post of this load.
func (s *seat) see(seq, prev, number uint64, ours bool) {
	switch {
	case seq == s.last:
		s.duplicated++
		return
	case seq < s.last:
		s.reordered++
		return
	case prev > s.last: // something before it never came
		s.lost++
	}
	s.last = seq
	if ours {
		s.got.add(seq, number)
		s.count.Store(s.got.count)
	}
}

// Checked is what all clients together saw, event by event.
type Checked struct {
	Acked, Expected, Delivered, Lost, Duplicated, Reordered uint64
}

// Arrived reports whether every seat has as many posts, joins and leaves as were
// acknowledged.
func Arrived(rooms []*Room) bool {
	for _, r := range rooms {
		want, turns := r.total()
		for _, s := range r.seats {
			if s.count.Load() < want.count || s.turns.Load() < turns {
				return false
			}
		}
	}
	return true
}

// Check compares every seat with its room. Nothing may arrive any more: the
// readers have ended.
func Check(rooms []*Room) (c Checked) {
	for _, r := range rooms {
		want, turns := r.total()
		c.Acked += want.count + turns
		for _, s := range r.seats {
			c.Expected += want.count + turns
			c.Delivered += s.got.count
			c.Reordered += s.reordered
			lost, doubled := s.lost, s.duplicated
			switch {
			case s.got.count < want.count:
				lost = max(lost, want.count-s.got.count)
			case s.got.count > want.count:
				doubled = max(doubled, s.got.count-want.count)
			case s.got != want: // as many, but not the same
				lost, doubled = max(lost, 1), max(doubled, 1)
			}
			if turns > 0 { // else nobody counted them
				seen := s.turns.Load()
				c.Delivered += seen
				lost += turns - min(turns, seen)
				doubled += seen - min(turns, seen)
			}
			c.Lost += lost
			c.Duplicated += doubled
		}
	}
	return c
}

// Plus returns both together.
func (c Checked) Plus(other Checked) Checked {
	c.Acked += other.Acked
	c.Expected += other.Expected
	c.Delivered += other.Delivered
	c.Lost += other.Lost
	c.Duplicated += other.Duplicated
	c.Reordered += other.Reordered
	return c
}
