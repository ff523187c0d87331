package client

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Bell is what one person heard over SSE, on one connection after another. It
// is checked as it is written: see Violations.
type Bell struct {
	mu         sync.Mutex
	rings      []Ring
	seen       map[string]uint64
	last       uint64
	lastID     string
	scope      string // whose notifications these are
	resets     int
	violations []string
	changed    chan struct{}
}

// Ring is one event of the stream.
type Ring struct {
	ID     string // a position in the notifications
	Kind   string // notification, read, reset or bye
	Seq    uint64
	Event  events.Event
	Reason string // of a reset
}

// NewBell returns a bell that has not rung.
func NewBell() *Bell { return &Bell{seen: map[string]uint64{}, changed: make(chan struct{})} }

// Rings lists what arrived, in order.
func (b *Bell) Rings() []Ring {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Ring(nil), b.rings...)
}

// LastID is the id to resume from, "" before the first event.
func (b *Bell) LastID() string { b.mu.Lock(); defer b.mu.Unlock(); return b.lastID }

// Resets counts the resets.
func (b *Bell) Resets() int { b.mu.Lock(); defer b.mu.Unlock(); return b.resets }

// Violations lists the promises that were broken.
func (b *Bell) Violations() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.violations...)
}

// Wait waits until ok is true of the rings.
func (b *Bell) Wait(ctx context.Context, ok func([]Ring) bool) error {
	for {
		b.mu.Lock()
		changed := b.changed
		b.mu.Unlock()
		if ok(b.Rings()) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (b *Bell) ring(fields map[string]string) {
	if fields["data"] == "" && fields["event"] == "" {
		return // a comment or retry
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	var data struct {
		Seq    uint64          `json:"seq"`
		Event  json.RawMessage `json:"event"`
		Reason string          `json:"reason"`
	}
	r := Ring{ID: fields["id"], Kind: fields["event"]}
	if err := json.Unmarshal([]byte(fields["data"]), &data); err != nil {
		b.violations = append(b.violations, fmt.Sprintf("%s with the data %q", r.Kind, fields["data"]))
	}
	r.Seq, r.Reason = data.Seq, data.Reason
	r.Event, _ = events.Decode(data.Event)
	b.check(r)
	if r.ID != "" {
		b.lastID = r.ID
	}
	b.rings = append(b.rings, r)
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *Bell) check(r Ring) {
	switch r.Kind {
	case "notification", "read":
	case "reset": // from here on it starts over
		b.resets++
		b.last = seqOf(r.ID)
		clear(b.seen)
		return
	case "bye":
		return
	default:
		b.violations = append(b.violations, fmt.Sprintf("unknown event %q", r.Kind))
		return
	}
	if r.Seq <= b.last {
		b.violations = append(b.violations, fmt.Sprintf("%s %d came after %d", r.Kind, r.Seq, b.last))
	}
	if first, twice := b.seen[r.Event.ID]; twice {
		b.violations = append(b.violations, fmt.Sprintf("%s %d: %s came twice, first as %d", r.Kind, r.Seq, r.Event.ID, first))
	}
	if !strings.HasSuffix(r.ID, fmt.Sprintf("-%d", r.Seq)) {
		b.violations = append(b.violations, fmt.Sprintf("%s %d has the id %q", r.Kind, r.Seq, r.ID))
	}
	if b.scope == "" {
		b.scope = r.Event.Scope
	}
	if r.Event.Scope != b.scope || b.scope == "" {
		b.violations = append(b.violations, fmt.Sprintf("%s %d is of %q on the stream of %q", r.Kind, r.Seq, r.Event.Scope, b.scope))
	}
	b.seen[r.Event.ID], b.last = r.Seq, r.Seq
}

// seqOf reads the sequence of a position.
func seqOf(position string) uint64 {
	p, _ := chat.ParsePosition(position)
	return p.Seq
}
