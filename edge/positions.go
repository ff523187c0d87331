package edge

import (
	"context"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

// horizonAge is how long what the log said about its bounds is believed. The
// first sequence moves with the log's age limit only; the last one is asked for
// again at once when somebody claims to have seen more.
const horizonAge = 5 * time.Second

// horizon remembers the bounds of one stream, so that checking a position
// seldom costs a question.
type horizon struct {
	mu    sync.Mutex
	state jetstream.State
	asked time.Time
}

// bounds returns the stream's bounds, true within horizonAge; fresh whenever
// seq lies beyond what is known.
func (e *Edge) bounds(ctx context.Context, s events.Stream, seq uint64) (jetstream.State, error) {
	h := e.horizons[s]
	h.mu.Lock()
	state, known := h.state, e.Now().Sub(h.asked) < horizonAge && seq <= h.state.Last
	h.mu.Unlock()
	if known {
		return state, nil
	}
	state, err := e.Log.State(ctx, s)
	if err != nil {
		return state, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if state.Last >= h.state.Last {
		h.state, h.asked = state, e.Now()
	}
	return state, nil
}

// position writes a sequence of the stream as a position.
func (e *Edge) position(s events.Stream, seq uint64) string {
	return chat.Position{Incarnation: e.Log.Incarnation(s), Seq: seq}.String()
}

// resetTo says that a position of the stream cannot be honoured, and where the
// stream stands.
func (e *Edge) resetTo(s events.Stream, reason resetReason, last uint64) error {
	return &resetError{reason: reason, position: chat.Position{Incarnation: e.Log.Incarnation(s), Seq: last}}
}

// cursor reads a position of this life of the stream that is not in its
// future; anything else is bad_position or a reset.
func (e *Edge) cursor(ctx context.Context, s events.Stream, field, text string) (uint64, error) {
	p, err := parsePosition(field, text)
	if err != nil {
		return 0, err
	}
	state, err := e.bounds(ctx, s, p.Seq)
	if err != nil {
		return 0, err
	}
	switch {
	case p.Incarnation != e.Log.Incarnation(s):
		return 0, e.resetTo(s, resetIncarnation, state.Last)
	case p.Seq > state.Last:
		return 0, e.resetTo(s, resetFuture, state.Last)
	}
	return p.Seq, nil
}

// following reads a position from which the room's events can be followed in
// the log, without a gap, by somebody with this membership.
func (e *Edge) following(ctx context.Context, m chat.Membership, field, text string) (uint64, error) {
	seq, err := e.cursor(ctx, events.Chat, field, text)
	if err != nil {
		return 0, err
	}
	state, err := e.bounds(ctx, events.Chat, seq)
	switch {
	case err != nil:
		return 0, err
	case seq < floorOf(m.From):
		return 0, e.resetTo(events.Chat, resetMembership, state.Last)
	case seq+1 < state.First:
		return 0, e.resetTo(events.Chat, resetTooOld, state.Last)
	}
	return seq, nil
}

// floorOf returns the sequence after which a member may see the room, from
// their Membership.From.
func floorOf(from uint64) uint64 { return from - min(from, 1) }

// parsePosition names the parameter in its error.
func parsePosition(field, text string) (chat.Position, error) {
	p, err := chat.ParsePosition(text)
	if err != nil {
		return p, &chat.Error{Code: chat.BadPosition, Field: field, Detail: "A position looks like 1f0c9a3e-42; take it from an answer of natter.", Cause: err}
	}
	return p, nil
}
