package edge

import (
	"context"
	"errors"
	"math"

	"github.com/natter-chat/natter/events"
)

// mostDeleted bounds the deletions that a topic remembers for replays.
const mostDeleted = 1000

// errTooFar says that too much lies after a position for a replay: it is a
// reset.
var errTooFar = errors.New("too much lies behind the position")

// deletions are those of a room that somebody needs who is told what the log has
// over more than one page: the log keeps a deleted text until it is erased, and
// the deletion may stand pages later. Zero, it knows nothing.
type deletions struct {
	from uint64 // every deletion after it is in by
	by   map[uint64]amendment
	used int64 // when somebody last needed them, in the hub's ticks
}

// knowDeletions makes the topic know every deletion of its room after a
// sequence, up to the log's end at the time, and from then on by what it hears.
// Of many who need it one reads the log.
func (t *topic) knowDeletions(ctx context.Context, after uint64) error {
	if t.follow != t.hub.rooms {
		return nil
	}
	if _, known := t.knowsDeletions(after); known {
		return nil
	}
	select {
	case t.scanning <- struct{}{}:
		defer func() { <-t.scanning }()
	case <-ctx.Done():
		return ctx.Err()
	}
	until, known := t.knowsDeletions(after)
	if known {
		return nil
	}
	found := map[uint64]amendment{}
	for at, n, more := after, 0, true; more && at < until; {
		entries, further, err := t.read(ctx, at, scanPage)
		if err != nil {
			return err
		}
		if n += len(entries); n > replayMost || len(found) > mostDeleted {
			return errTooFar
		}
		for _, a := range deletionsIn(entries) {
			found[a.target] = a
		}
		more, at = further && len(entries) > 0, max(at, lastSeq(entries))
	}
	return t.foundDeletions(after, found)
}

// knowsDeletions reports whether all after a sequence are known, and if not, up
// to where they are not. From then on the topic adds what it hears.
func (t *topic) knowsDeletions(after uint64) (until uint64, known bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := &t.deletions
	if d.by == nil {
		*d = deletions{from: math.MaxUint64, by: map[uint64]amendment{}}
	}
	d.used = t.hub.clock.Load()
	return d.from, after >= d.from
}

// foundDeletions adds those after a sequence.
func (t *topic) foundDeletions(after uint64, found map[uint64]amendment) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	d := &t.deletions
	if d.by == nil || len(d.by)+len(found) > mostDeleted { // forgotten meanwhile, or too many
		return errTooFar
	}
	for target, a := range found {
		d.by[target] = a
	}
	d.from = min(d.from, after)
	return nil
}

// heardDeletion adds one that the topic hears. What nobody has needed for linger
// is forgotten. The topic's lock is held.
func (t *topic) heardDeletion(a amendment) {
	d := &t.deletions
	if d.by == nil || a.ev.Type != events.MessageDeleted {
		return
	}
	if d.by[a.target] = a; len(d.by) > mostDeleted || t.hub.clock.Load()-d.used > int64(linger.Seconds()) {
		*d = deletions{}
	}
}

// deletesNow reports whether a deletion is known now of what an entry tells. The
// topic's lock is held.
func (t *topic) deletesNow(it *item) bool {
	if a, ok := t.deletions.by[it.seq]; ok {
		return a.seq > it.seq
	}
	if it.rewords == nil {
		return false
	}
	a, ok := t.deletions.by[it.rewords.target]
	return ok && a.deletesEdit(*it.rewords)
}

// deleted returns what the topic knows to be deleted.
func (t *topic) deleted() (all []amendment) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, it := range t.ring.items {
		if it.rewords != nil && it.rewords.ev.Type == events.MessageDeleted {
			all = append(all, *it.rewords)
		}
	}
	for _, a := range t.deletions.by {
		all = append(all, a)
	}
	return all
}

// deletedAfter returns all deletions of a room after a sequence, for who reads
// the log page by page.
func (h *hub) deletedAfter(ctx context.Context, room string, after uint64) ([]amendment, error) {
	t, err := h.acquire(ctx, h.rooms, room)
	if err != nil {
		return nil, err
	}
	defer t.release()
	if err := t.knowDeletions(ctx, after); err != nil {
		return nil, err
	}
	return t.deleted(), nil
}
