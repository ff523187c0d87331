package edge

import (
	"context"
	"errors"
	"time"

	"github.com/natter-chat/natter/events"
)

const (
	replayPage  = 256    // entries of one read of the log
	scanPage    = 1000   // entries of one read that looks for deletions
	replayMost  = 50_000 // events behind which a position is too old
	maxFills    = 3      // shared reads before a subscription reads for itself
	replayReads = 16     // reads of the log at the same time, of the whole edge
	replayPause = 250 * time.Millisecond
	replayTries = 40 // with the pause between them: about as long as an election may take
)

// fill extends the ring back to after by one read of the log, shared by all who
// need it: a thousand clients that reconnect read the room's tail once. far is
// true when that much does not fit into the ring: s must read for itself.
func (t *topic) fill(ctx context.Context, after uint64) (far bool, err error) {
	t.mu.Lock()
	if running := t.filling; running != nil {
		if t.want == 0 || after < t.want {
			t.want = after
		}
		t.mu.Unlock()
		select {
		case <-running:
			return false, nil
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
	running := make(chan struct{})
	if t.want > 0 {
		after = min(after, t.want)
	}
	t.filling, t.want = running, 0
	floor := t.ring.floor
	t.mu.Unlock()
	items, whole, err := t.readTail(ctx, after, floor)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.filling = nil
	close(running)
	if err != nil {
		return false, err
	}
	if !whole || t.ring.floor != floor { // the ring moved on meanwhile
		return true, nil
	}
	t.hub.grew(t.ring.prepend(items, after))
	t.hub.grew(t.ring.rewordAll(t.reword)) // what was read may have been edited since
	return false, nil
}

// readTail reads what lies after after up to floor, if it fits into a ring.
func (t *topic) readTail(ctx context.Context, after, floor uint64) (items []item, whole bool, err error) {
	entries, more, err := t.read(ctx, after, ringItems/2)
	if err != nil {
		return nil, false, err
	}
	bytes, prev := 0, after
	for _, e := range entries {
		if e.Seq > floor {
			return items, true, nil
		}
		it, ok := t.itemOf(e, prev)
		if !ok {
			continue
		}
		prev = e.Seq
		if bytes += len(it.frame); bytes > t.hub.ringLimit()/2 {
			return nil, false, nil
		}
		items = append(items, it)
	}
	return items, !more, nil
}

// replay sends s one page of the log, at the client's pace. What was deleted is
// known before: its text is not told, however far behind it the deletion stands.
func (t *topic) replay(ctx context.Context, s *subscription) error {
	if err := t.knowDeletions(ctx, s.covered); errors.Is(err, errTooFar) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if s.state == subDetached {
			return errDetached
		}
		return t.restart(s, resetTooOld)
	} else if err != nil {
		return err
	}
	t.mu.Lock()
	heard := t.last // the log holds at least what the topic has heard
	t.mu.Unlock()
	entries, more, err := t.read(ctx, s.covered, replayPage)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := t.replayOne(ctx, s, e); err != nil {
			return err
		}
	}
	if !more {
		s.covered = max(s.covered, heard)
	}
	t.hub.metrics.replayed.WithLabelValues("log").Add(float64(len(entries)))
	return nil
}

func (t *topic) replayOne(ctx context.Context, s *subscription, e events.Entry) error {
	it, ok := t.itemOf(e, s.at)
	if !ok {
		s.covered = e.Seq
		return nil
	}
	for s.to.space() < len(it.frame) {
		if err := s.to.wait(ctx); err != nil {
			return err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.state == subDetached {
		return errDetached
	}
	if s.sent >= replayMost {
		return t.restart(s, resetTooOld)
	}
	if t.deletesNow(&it) { // while the client took its time
		e.Body = bodyWithout(e, t.deletions.by)
		if it, ok = t.itemOf(e, s.at); !ok {
			s.covered = e.Seq
			return nil
		}
	}
	t.show(s, &it)
	return nil
}

// itemOf encodes an entry; ok is false for what is never shown.
func (t *topic) itemOf(e events.Entry, prev uint64) (it item, ok bool) {
	ev, body, ok := readable(e)
	if !ok {
		return item{}, false
	}
	it = item{seq: e.Seq, prev: prev, about: aboutOf(e.Seq, ev), left: leavingOf(ev), rewords: rewording(e.Seq, ev)}
	it.frame, it.event = t.codec.event(ev, e.Seq, prev, body)
	return it, it.frame != nil
}

// read reads a page of the topic from the log, through a short outage.
func (t *topic) read(ctx context.Context, after uint64, limit int) (entries []events.Entry, more bool, err error) {
	select {
	case t.hub.reads <- struct{}{}:
		defer func() { <-t.hub.reads }()
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
	for try := 1; ; try++ {
		entries, more, err = t.hub.log.Read(ctx, t.subject, after, limit)
		if err == nil {
			return withoutDeleted(entries, t.deleted()...), more, nil
		}
		if try == replayTries || ctx.Err() != nil {
			return entries, more, err
		}
		select {
		case <-time.After(replayPause):
		case <-ctx.Done():
			return nil, false, ctx.Err()
		}
	}
}
