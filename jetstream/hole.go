package jetstream

import (
	"context"
	"time"

	"github.com/natter-chat/natter/events"
)

// hole is a part of a subject that did not arrive: after < Seq < before.
type hole struct {
	after, before uint64
	prev          uint64 // the newest entry in it, as whatever arrived behind it says; 0: nobody said
}

const (
	fillEntries = 4 * maxReadLimit // what one fill keeps in memory
	fillRetries = 10               // looks at a log that does not reach as far as what arrived
)

// fillHole reads the subject's entries in the hole from the log. It tries until
// the feed ends: a log that cannot be reached is no hole. What a log that
// reaches beyond the hole does not show is gone: erased or expired.
func (f *Feed) fillHole(s *shard, t *topic, h hole) {
	select {
	case f.fill <- struct{}{}:
		defer func() { <-f.fill }()
	case <-f.ctx.Done():
		return
	}
	found, end, sure := f.readHole(t.subject, h)
	erased := sure && end == h.before && !t.whole && !h.explained(found) && f.wasErased(h)
	s.do(func() { s.filled(t, found, end, erased) })
}

// readHole returns what the log has of the hole, up to before end: all of it,
// unless that is too much to be kept at once. sure is false if the log does not
// reach as far even after several tries.
func (f *Feed) readHole(subject string, h hole) (found []events.Entry, end uint64, sure bool) {
	for try := 0; try < fillRetries && f.ctx.Err() == nil; {
		last := h.after
		if n := len(found); n > 0 {
			last = found[n-1].Seq
		}
		page, more, err := f.log.Read(f.ctx, subject, last, maxReadLimit)
		if err != nil {
			pause(f.ctx, 200*time.Millisecond)
			continue
		}
		for _, e := range page {
			if e.Seq >= h.before {
				return found, h.before, true
			}
			found = append(found, e)
		}
		switch {
		case complete(found, h.before):
			return found, h.before, true
		case len(found) >= fillEntries: // hand over what is there, then go on
			return found, found[len(found)-1].Seq + 1, true
		case more:
		case sure:
			return found, h.before, true
		default:
			if sure = f.reaches(h.before - 1); !sure {
				try++
				pause(f.ctx, 50*time.Millisecond)
			}
		}
	}
	return found, h.before, false
}

// reaches reports whether the log has given out a sequence: reads from now on
// show what stands there, or that nothing does any more.
func (f *Feed) reaches(seq uint64) bool {
	ctx, cancel := context.WithTimeout(f.ctx, readTimeout)
	defer cancel()
	state, err := f.log.State(ctx, f.stream)
	return err == nil && state.Last >= seq
}

// wasErased reports whether what the log does not have of a hole was erased:
// what expires goes from the log's beginning on.
func (f *Feed) wasErased(h hole) bool {
	for f.ctx.Err() == nil {
		ctx, cancel := context.WithTimeout(f.ctx, readTimeout)
		state, err := f.log.State(ctx, f.stream)
		cancel()
		if err == nil {
			return state.First <= h.after+1
		}
		pause(f.ctx, 200*time.Millisecond)
	}
	return false
}

// explained reports whether found has all that is known to be in the hole.
func (h hole) explained(found []events.Entry) bool {
	return h.prev <= h.after || len(found) > 0 && found[len(found)-1].Seq >= h.prev
}

// complete reports whether found reaches to just before before.
func complete(found []events.Entry, before uint64) bool {
	return len(found) > 0 && found[len(found)-1].Seq+1 == before
}
