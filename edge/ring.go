package edge

import (
	"slices"
	"sort"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// item is an event of a topic, encoded once for everybody.
type item struct {
	seq   uint64
	prev  uint64   // what frame says stands before it
	frame []byte   // the whole frame as it goes to a connection
	event []byte   // the event's own bytes; a part of frame
	left  *leaving // set on member.left
	about uint64   // who may not see this sequence is not told it: see aboutOf

	rewords *amendment // set on what changes an earlier message's text
}

// leaving is what member.left says.
type leaving struct {
	user string
	rev  uint64
}

// ring holds the last items of a topic, without a hole: whoever has everything
// up to floor lacks exactly what is in it. It is bounded in items and bytes.
type ring struct {
	items []item // ascending
	bytes int
	floor uint64 // everything after it is in the ring
}

// Bounds of one ring. They cover a reconnect within minutes in a room where
// people talk; whoever was away longer is served from the log.
const (
	ringItems = 1024
	ringBytes = 256 << 10
	ringSmall = 16 << 10 // its bytes when all rings together hold too much
)

// reset empties the ring: what comes next follows floor.
func (r *ring) reset(floor uint64) { *r = ring{floor: floor} }

// add appends it and forgets the oldest beyond limit bytes. It returns by how
// many bytes the ring grew (or shrank).
func (r *ring) add(it item, limit int) int {
	before := r.bytes
	r.items = append(r.items, it)
	r.bytes += len(it.frame)
	drop := 0
	for ; len(r.items)-drop > ringItems || (r.bytes > limit && drop < len(r.items)); drop++ {
		r.bytes -= len(r.items[drop].frame)
		r.floor = r.items[drop].seq
	}
	r.forget(drop)
	return r.bytes - before
}

// forget drops the first n items without keeping their bytes reachable. The
// slice moves forward; append copies the rest when it must grow.
func (r *ring) forget(n int) {
	clear(r.items[:n])
	r.items = r.items[n:]
}

// prepend puts older items before the ring: they are everything after floor up
// to the ring's floor.
func (r *ring) prepend(older []item, floor uint64) int {
	grown := 0
	for _, it := range older {
		grown += len(it.frame)
	}
	r.items = append(older, r.items...)
	r.bytes += grown
	r.floor = floor
	return grown
}

// after returns what somebody lacks who has everything up to seq; ok is false
// when the ring does not reach back that far. The slice is valid until the
// next add.
func (r *ring) after(seq uint64) (items []item, ok bool) {
	if seq < r.floor {
		return nil, false
	}
	i := sort.Search(len(r.items), func(i int) bool { return r.items[i].seq > seq })
	return r.items[i:], true
}

// reword makes the ring tell the message that a is about as it reads now: edited,
// or erased and without its edits, whose items leave the ring. What remains keeps
// its prev: whoever is shown it gets a frame of their own where that is a hole.
// It returns by how many bytes the ring grew.
func (r *ring) reword(a amendment, encode func(it item, body []byte) item) int {
	before := r.bytes
	i := sort.Search(len(r.items), func(i int) bool { return r.items[i].seq >= a.target })
	if i < len(r.items) && r.items[i].seq == a.target {
		was := r.items[i]
		if now, changed := chat.Amend(chat.Item{Seq: was.seq, Event: was.event}, a.seq, a.ev); changed {
			r.items[i] = encode(was, now.Event)
			r.bytes += len(r.items[i].frame) - len(was.frame)
		}
	}
	if a.ev.Type == events.MessageDeleted {
		r.items = slices.DeleteFunc(r.items, func(it item) bool {
			gone := it.rewords != nil && a.deletesEdit(*it.rewords)
			if gone {
				r.bytes -= len(it.frame)
			}
			return gone
		})
	}
	return r.bytes - before
}

// rewordAll is reword for all that the ring holds.
func (r *ring) rewordAll(encode func(it item, body []byte) item) (grown int) {
	var all []amendment
	for _, it := range r.items {
		if it.rewords != nil {
			all = append(all, *it.rewords)
		}
	}
	for _, a := range all {
		grown += r.reword(a, encode)
	}
	return grown
}
