package load

import (
	"slices"
	"testing"
)

// A room: two joins, then ten messages.
var joins, messages = []uint64{2, 3}, []uint64{5, 6, 7, 9, 10, 11, 12, 20, 21, 22}

// pages cuts a room into pages of up to limit, the newest first.
func pages(room []uint64, limit int) (all []Page) {
	for len(room) > 0 {
		from := max(0, len(room)-limit)
		p := Page{Seqs: room[from:]}
		if from > 0 {
			p.Older = "more"
		}
		all, room = append(all, p), room[:from]
	}
	return all
}

func TestAWalkSeesEveryMessageOnceInEachPass(t *testing.T) {
	w := NewWalk(messages)
	for range 3 {
		for _, p := range pages(slices.Concat(joins, messages), 4) {
			w.See(p, 4)
		}
	}
	if w.Passes != 3 || w.Entries != 36 || w.Lost+w.Duplicated+w.Reordered+w.Short != 0 {
		t.Errorf("after three passes it says %+v", *w)
	}
}

func TestAWalkFromTheMiddleMissesNothingAbove(t *testing.T) {
	w := NewWalk(messages)
	w.BeginBefore(11)
	for _, p := range pages([]uint64{2, 3, 5, 6, 7, 9, 10}, 3) {
		w.See(p, 3)
	}
	if w.Passes != 0 || w.Lost+w.Duplicated+w.Reordered+w.Short != 0 {
		t.Errorf("it says %+v", *w)
	}
}

func TestAWalkFindsWhatWasPlanted(t *testing.T) {
	room := slices.Concat(joins, messages)
	without := slices.DeleteFunc(slices.Clone(room), func(seq uint64) bool { return seq == 11 })
	first := slices.DeleteFunc(slices.Clone(room), func(seq uint64) bool { return seq == 5 })
	twice := slices.Insert(slices.Clone(room), 8, 11)
	inverted := slices.Clone(room)
	inverted[6], inverted[7] = inverted[7], inverted[6]
	between := slices.Insert(slices.Clone(room), 5, 8) // nobody wrote 8
	for name, c := range map[string]struct {
		room                               []uint64
		lost, duplicated, reordered, short uint64
	}{
		"a loss":                      {without, 1, 0, 0, 0},
		"a loss of the oldest":        {first, 1, 0, 0, 0},
		"a double":                    {twice, 0, 1, 0, 0},
		"an inversion":                {inverted, 1, 0, 1, 0},
		"an entry that nobody posted": {between, 0, 1, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := NewWalk(messages)
			for _, p := range pages(c.room, 4) {
				w.See(p, 4)
			}
			if w.Lost != c.lost || w.Duplicated != c.duplicated || w.Reordered != c.reordered || w.Short != c.short {
				t.Errorf("it says %+v", *w)
			}
		})
	}
	w := NewWalk(messages)
	w.See(Page{Seqs: messages[8:], Older: "more"}, 4)
	if w.Short != 1 {
		t.Errorf("a page of 2 that should have 4 went unnoticed: %+v", *w)
	}
}
