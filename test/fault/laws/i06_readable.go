package laws

import (
	"cmp"
	"slices"
	"sort"
)

// readable: I6.
func readable(e *Evidence) []Violation {
	return append(append(connectionOrder(e), completePages(e)...), truePages(e)...)
}

// connectionOrder: the posts that a connection sent first stand in the log in
// the order in which it sent them. A retry is a new attempt at a new time.
func connectionOrder(e *Evidence) (found []Violation) {
	conns := map[string][]Record{}
	for _, p := range e.of(Post) {
		if p.Conn != "" && p.Try == 1 && p.Outcome == OK {
			conns[p.Conn+" "+p.Room] = append(conns[p.Conn+" "+p.Room], p)
		}
	}
	for _, conn := range sorted(conns) {
		posts := conns[conn]
		slices.SortStableFunc(posts, func(a, b Record) int { return cmp.Compare(a.Start, b.Start) })
		for i := 1; i < len(posts); i++ {
			if posts[i].Seq <= posts[i-1].Seq {
				found = append(found, violation("a connection's writes stand in another order", posts[i-1], posts[i]))
			}
		}
	}
	return found
}

// completePages: a newest page holds every event between its first and its
// position, and its position is no earlier than what was acknowledged before
// the page was asked for, whoever wrote it and wherever.
func completePages(e *Evidence) (found []Violation) {
	rooms, acked := e.rooms(), map[string][]Record{}
	for _, p := range e.of(Post) {
		if p.Outcome == OK {
			acked[p.Room] = append(acked[p.Room], p)
		}
	}
	for room, posts := range acked { // by end; of each, the greatest sequence so far
		slices.SortFunc(posts, func(a, b Record) int { return cmp.Compare(a.End, b.End) })
		for i := 1; i < len(posts); i++ {
			if posts[i].Seq < posts[i-1].Seq {
				end := posts[i].End
				posts[i] = posts[i-1]
				posts[i].End = end
			}
		}
		acked[room] = posts
	}
	absences := e.absences()
	for _, h := range e.of(History) {
		if h.Outcome != OK {
			continue
		}
		posts := acked[h.Room]
		n := sort.Search(len(posts), func(i int) bool { return posts[i].End >= h.Start })
		if n > 0 && h.Seq < posts[n-1].Seq {
			found = append(found, violation("a page of history ends before what was acknowledged", posts[n-1], h))
		}
		if len(h.Seqs) == 0 || len(absences[h.Room+" "+h.User]) > 0 {
			continue
		}
		from := h.Seqs[0] - 1
		if h.Whole {
			from = 0
		}
		for _, entry := range between(rooms[h.Room], from, h.Seq+1) {
			if _, there := slices.BinarySearch(h.Seqs, entry.Seq); !there {
				found = append(found, violation("a page of history has a hole", h).with(entry))
				break
			}
		}
	}
	return found
}
