package load

import "sort"

// Walk checks the pages that one reader gets on its way from a room's newest
// message to the oldest, and again. Every entry is compared with what the room
// holds.
type Walk struct {
	all   []uint64 // the messages' sequences, ascending; shared by all walks
	next  int      // all[:next] are to come
	above uint64   // the lowest sequence of the pages before; all[next-1] < above

	Entries, Lost, Duplicated, Reordered, Short uint64
	Passes                                      uint64 // from the newest to the oldest
	whole                                       bool
}

// NewWalk returns a walk through a room with these messages, ascending. What a
// room holds before its first message, such as joins, is checked for order only.
func NewWalk(messages []uint64) *Walk {
	w := &Walk{all: messages}
	w.Begin()
	return w
}

// Begin starts at the newest message.
func (w *Walk) Begin() { w.next, w.above, w.whole = len(w.all), ^uint64(0), true }

// BeginBefore starts at the newest message below seq.
func (w *Walk) BeginBefore(seq uint64) {
	w.next = sort.Search(len(w.all), func(i int) bool { return w.all[i] >= seq })
	w.above, w.whole = seq, false
}

// See checks a page of at most limit entries. After the oldest page the walk
// begins anew.
func (w *Walk) See(p Page, limit int) {
	for i := len(p.Seqs) - 1; i >= 0; i-- {
		w.entry(p.Seqs[i])
	}
	if len(p.Seqs) > limit || p.Older != "" && len(p.Seqs) < limit {
		w.Short++
	}
	if p.Older == "" {
		w.Lost += uint64(w.next) // of these no page came
		if w.whole {
			w.Passes++
		}
		w.Begin()
	}
}

func (w *Walk) entry(seq uint64) {
	w.Entries++
	switch {
	case seq == w.above:
		w.Duplicated++
		return
	case seq > w.above:
		w.Reordered++
		return
	}
	w.above = seq
	if len(w.all) == 0 || seq < w.all[0] {
		return
	}
	for w.next > 0 && w.all[w.next-1] > seq {
		w.next--
		w.Lost++
	}
	if w.next > 0 && w.all[w.next-1] == seq {
		w.next--
		return
	}
	w.Duplicated++ // an entry that nobody wrote
}
