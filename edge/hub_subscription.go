package edge

// Where a subscription stands.
const (
	subComing   = iota // not attached: it is being checked, or replays
	subAhead           // attached, but with a frame of its own first
	subLive            // attached: gets the shared frames
	subDetached        // ended
)

// subscription is one connection's interest in one topic. The topic's lock
// guards it.
type subscription struct {
	topic *topic
	to    sink
	user  string

	rev  uint64 // rooms: the membership's revision; a leave with a later one ends it
	from uint64 // the first sequence that the user may see

	id      uint64 // the subscribe frame's id, for the answers
	state   uint8
	index   int32  // its place in topic.live or topic.ahead
	at      uint64 // the last seq that the client has been shown, or its position
	covered uint64 // everything up to it has been sent, or is known to the client
	sent    int    // events replayed
	typed   int64  // rooms: when its user last typed, in the hub's ticks; 0: never
	crowd   *crowd // what it watches, or nil
	place   int32  // among the crowd's watchers (presence.mu)
}

// show sends it to a subscription that is not in step with the shared frames:
// one that replays, or is ahead. What the client has is skipped, and what its
// user may not be told; a prev that would look like a hole to it is written anew.
func (t *topic) show(s *subscription, it *item) {
	if it.seq <= s.covered {
		return
	}
	if it.about < s.from {
		s.covered = it.seq
		return
	}
	frame := it.frame
	if it.prev > s.at || (s.sent > 0 && it.prev != s.at) {
		frame = t.reframe(it, s.at)
	}
	s.to.send(frame)
	t.hub.metrics.deliveries.Inc()
	s.at, s.covered = it.seq, it.seq
	s.sent++
	if it.left != nil && it.left.user == s.user && it.left.rev > s.rev {
		t.endLeft(s)
	}
}

// reframe encodes it with another prev. SSE frames have none.
func (t *topic) reframe(it *item, prev uint64) []byte {
	if room, ok := t.codec.(roomCodec); ok {
		frame, _ := encodeEvent(room.room, it.seq, prev, it.event)
		return frame
	}
	return it.frame
}

// inStep reports whether the shared frames fit s: it has everything that the
// topic has, and the next prev will not look like a hole.
func (t *topic) inStep(s *subscription) bool {
	return s.covered <= t.last && t.shown <= s.at && t.last+1 >= s.from && (s.sent == 0 || s.at == t.shown)
}

// join attaches s, which has everything that the topic has.
func (t *topic) join(s *subscription) {
	s.covered = max(s.covered, t.last)
	if t.inStep(s) {
		s.state, s.index = subLive, int32(len(t.live))
		t.live = append(t.live, fan{s.to, s})
		return
	}
	s.state, s.index = subAhead, int32(len(t.ahead))
	t.ahead = append(t.ahead, s)
}

// toLive moves s from ahead to the fan-out.
func (t *topic) toLive(s *subscription) {
	t.remove(s)
	s.state, s.index = subLive, int32(len(t.live))
	t.live = append(t.live, fan{s.to, s})
}

// remove takes s out of its list, in constant time.
func (t *topic) remove(s *subscription) {
	switch s.state {
	case subLive:
		last := len(t.live) - 1
		t.live[s.index] = t.live[last]
		t.live[s.index].sub.index = s.index
		t.live[last] = fan{}
		t.live = t.live[:last]
	case subAhead:
		last := len(t.ahead) - 1
		t.ahead[s.index] = t.ahead[last]
		t.ahead[s.index].index = s.index
		t.ahead[last] = nil
		t.ahead = t.ahead[:last]
	}
}

// attached returns everybody who is attached now.
func (t *topic) attached() []*subscription {
	all := append([]*subscription(nil), t.ahead...)
	for i := range t.live {
		all = append(all, t.live[i].sub)
	}
	return all
}

// detach ends s, whatever its state. It may be called again.
func (t *topic) detach(s *subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.drop(s)
}

// drop is detach with the lock held. It reports whether s was not ended before.
func (t *topic) drop(s *subscription) bool {
	if s.state == subDetached {
		return false
	}
	t.remove(s)
	s.state = subDetached
	t.hub.edge.presence.unwatch(s)
	t.release()
	return true
}
