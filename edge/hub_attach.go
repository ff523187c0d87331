package edge

import (
	"context"
	"errors"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/jetstream"
)

// errDetached says that a subscription ended while it was being attached.
var errDetached = errors.New("the subscription has ended")

// attach brings s from after (nil: from now on) to the live feed. It answers
// the client by subscribed or reset first, then sends what s lacks, at the
// client's pace, then joins the fan-out: nothing is lost or doubled between
// the two. It returns when that is done, or not_found when the user has left
// meanwhile. After any error s has ended.
func (t *topic) attach(ctx context.Context, s *subscription, after *chat.Position) error {
	err := t.begin(ctx, s, after)
	if err == nil {
		err = t.catchUp(ctx, s)
	}
	if err != nil {
		t.detach(s)
	}
	return err
}

// begin answers the client and sets where s stands. It asks the log for its
// bounds only when the topic itself cannot judge the position.
func (t *topic) begin(ctx context.Context, s *subscription, after *chat.Position) error {
	var bounds jetstream.State
	for asked := false; ; asked = true {
		done, err := t.place(s, after, bounds, asked)
		if done || err != nil {
			return err
		}
		if bounds, err = t.hub.edge.bounds(ctx, t.follow.stream, after.Seq); err != nil {
			return err
		}
		t.follow.saw(bounds.Last)
	}
}

// place is begin with what is known of the log's bounds. done is false when
// they must be asked for.
func (t *topic) place(s *subscription, after *chat.Position, bounds jetstream.State, asked bool) (done bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.state == subDetached {
		return false, errDetached
	}
	if t.news[s.user].left > s.rev {
		return false, notFound()
	}
	base := s.from - min(s.from, 1) // a member may have everything after it
	now := max(t.last, base)
	if after == nil {
		t.accept(s, now, "")
		return true, nil
	}
	seq, reason := after.Seq, resetReason("")
	if seq < base {
		seq, reason = base, resetMembership
	}
	switch {
	case after.Incarnation != t.follow.incarnation():
		seq, reason = now, resetIncarnation
	case seq > t.last && seq > t.follow.high() && !asked, seq < t.ring.floor && !asked:
		return false, nil
	case seq > t.last && seq > t.follow.high() && reason == "":
		seq, reason = now, resetFuture
	case seq < t.ring.floor && seq+1 < bounds.First:
		seq, reason = now, resetTooOld
	case seq < t.hole:
		seq, reason = now, resetHole
	}
	t.accept(s, seq, reason)
	return true, nil
}

// accept starts s at seq; with a reason, by a reset.
func (t *topic) accept(s *subscription, seq uint64, reason resetReason) {
	s.at, s.covered = seq, seq
	var frame []byte
	if reason == "" {
		frame = t.codec.subscribed(s.id, t.at(seq))
	} else {
		frame = t.codec.reset(s.id, t.at(seq), reason)
		t.hub.metrics.resets.WithLabelValues(string(reason)).Inc()
	}
	if frame != nil {
		s.to.send(frame)
	}
}

// restart makes s start over from now, in the middle of a replay. What it
// skips may hold the user's leave: then it is not_found.
func (t *topic) restart(s *subscription, reason resetReason) error {
	if t.news[s.user].left > s.rev {
		return notFound()
	}
	t.accept(s, max(t.last, s.from-min(s.from, 1)), reason)
	s.sent = 0
	return nil
}

// What one step of catching up came to.
type progress int

const (
	caughtUp progress = iota // s is attached, or has ended
	noSpace                  // the client must read first
	tooFar                   // the ring does not reach back to s
)

// catchUp sends what s lacks until it is attached.
func (t *topic) catchUp(ctx context.Context, s *subscription) error {
	far, fills := false, 0
	for {
		var err error
		switch t.step(s) {
		case caughtUp:
			return nil
		case noSpace:
			err = s.to.wait(ctx)
		case tooFar:
			if far || fills == maxFills {
				err = t.replay(ctx, s)
			} else {
				far, err = t.fill(ctx, s.covered)
				fills++
			}
		}
		if err != nil {
			return err
		}
	}
}

// step sends what the ring has for s, as far as the client has space, and
// attaches s if that was all.
func (t *topic) step(s *subscription) progress {
	t.mu.Lock()
	defer t.mu.Unlock()
	if s.covered < t.hole && s.state != subDetached && t.restart(s, resetHole) != nil {
		t.endLeft(s)
	}
	if s.state == subDetached {
		return caughtUp
	}
	items, ok := t.ring.after(s.covered)
	if !ok {
		return tooFar
	}
	space := s.to.space()
	for i := range items {
		if space -= len(items[i].frame); space < 0 {
			return noSpace
		}
		t.show(s, &items[i])
		if s.state == subDetached {
			return caughtUp
		}
	}
	if len(items) > 0 {
		t.hub.metrics.replayed.WithLabelValues("ring").Add(float64(len(items)))
	}
	t.join(s)
	return caughtUp
}
