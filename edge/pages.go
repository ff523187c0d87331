package edge

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// keptBytes bounds the pages of history that an edge keeps, keptFor how
	// long it does: rows do not change, but an operator may take some away.
	keptBytes = 32 << 20
	keptFor   = 5 * time.Minute
	// keptExtra is what a page costs besides its bytes.
	keptExtra = 300
)

// pageSpot names a page of a room: up to limit events next to seq, in one life
// of the log. Another life has other positions, and never gets these pages.
type pageSpot struct {
	incarnation string
	room        string
	seq         uint64 // 0 and not after: the newest page
	after       bool
	limit       int
}

func (s pageSpot) newest() bool { return !s.after && s.seq == 0 }

// pages keeps pages of history that will never be others (see Edge.history), as
// they go out. Whoever is given one must see the whole room.
type pages struct {
	now     func() time.Time
	most    int // bytes
	metrics pageMetrics

	mu      sync.Mutex
	kept    *simplelru.LRU[pageSpot, keptPage] // bounded by bytes, not by number
	bytes   int
	rooms   map[string]map[pageSpot]struct{} // the kept pages of each room
	reading map[pageSpot]chan struct{}       // closed when somebody has read the page
	running map[*reading]struct{}
}

// reading is a page that somebody reads.
type reading struct {
	room  string
	stale bool // the room's messages changed meanwhile: it is not kept
}

type keptPage struct {
	body  rawJSON
	until time.Time
}

func newPages(now func() time.Time, most int, m pageMetrics) *pages {
	p := &pages{now: now, most: most, metrics: m, rooms: map[string]map[pageSpot]struct{}{}, reading: map[pageSpot]chan struct{}{}, running: map[*reading]struct{}{}}
	// The number is a bound that bytes meet first; only a size below 1 is an error.
	p.kept, _ = simplelru.NewLRU(1+most/keptExtra, p.dropped)
	return p
}

// find returns the page if it is kept. Otherwise the caller reads it and calls
// done, once, with the page to keep or nil; who comes for the same page meanwhile
// waits for that, but no longer than a page should take, nor than ctx lasts: then
// they read for themselves, for the first may hang.
func (p *pages) find(ctx context.Context, at pageSpot) (body rawJSON, done func(rawJSON)) {
	if at.newest() {
		return nil, func(rawJSON) {}
	}
	body, reading, done := p.look(at)
	if reading != nil {
		select {
		case <-reading:
		case <-time.After(longPage):
		case <-ctx.Done():
		}
		if body, _, done = p.look(at); body == nil && done == nil { // not for them, or read anew: everybody for themselves now
			done = p.begin(at, nil)
		}
	}
	return body, done
}

// served counts a page that somebody got; the newest one is never kept.
func (p *pages) served(at pageSpot, source string) {
	if !at.newest() {
		p.metrics.served.WithLabelValues(source).Inc()
	}
}

// look returns the page, or what whoever reads it will close, or, when nobody
// does, what ends the reading that begins now.
func (p *pages) look(at pageSpot) (body rawJSON, reading chan struct{}, done func(rawJSON)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if old, ok := p.kept.Get(at); ok {
		if p.now().Before(old.until) {
			return old.body, nil, nil
		}
		p.kept.Remove(at)
		p.metrics.bytes.Set(float64(p.bytes))
	}
	if reading := p.reading[at]; reading != nil {
		return nil, reading, nil
	}
	mine := make(chan struct{})
	p.reading[at] = mine
	return nil, nil, p.beginLocked(at, mine)
}

// begin begins a reading and returns what ends it: it closes mine, if there is
// any, for those who wait.
func (p *pages) begin(at pageSpot, mine chan struct{}) func(rawJSON) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.beginLocked(at, mine)
}

func (p *pages) beginLocked(at pageSpot, mine chan struct{}) func(rawJSON) {
	r := &reading{room: at.room}
	p.running[r] = struct{}{}
	return func(body rawJSON) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !r.stale {
			p.keep(at, body)
		}
		delete(p.running, r)
		if mine != nil {
			delete(p.reading, at)
			close(mine)
		}
	}
}

// forget drops the pages of a room, and those that are being read now.
func (p *pages) forget(room string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for at := range p.rooms[room] {
		p.kept.Remove(at)
	}
	for r := range p.running {
		r.stale = r.stale || r.room == room
	}
	p.metrics.bytes.Set(float64(p.bytes))
}

// dropped is told of every page that is kept no longer. The lock is held.
func (p *pages) dropped(at pageSpot, old keptPage) {
	p.bytes -= cap(old.body) + keptExtra
	if delete(p.rooms[at.room], at); len(p.rooms[at.room]) == 0 {
		delete(p.rooms, at.room)
	}
}

// keep remembers the page, and forgets those that were asked for least recently.
// The lock is held.
func (p *pages) keep(at pageSpot, body rawJSON) {
	size := cap(body) + keptExtra
	if body == nil || size > p.most {
		return
	}
	p.kept.Remove(at)
	if p.rooms[at.room] == nil {
		p.rooms[at.room] = map[pageSpot]struct{}{}
	}
	p.rooms[at.room][at] = struct{}{}
	p.kept.Add(at, keptPage{body, p.now().Add(keptFor)})
	for p.bytes += size; p.bytes > p.most; {
		p.kept.RemoveOldest()
	}
	p.metrics.bytes.Set(float64(p.bytes))
}
