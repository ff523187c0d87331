package edge

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

// presenceWord is what one edge says to the others: who changed, or, with nobody
// in it, that it lives. N grows by one with each that has people in it.
type presenceWord struct {
	N     uint64   `json:"n"`
	Here  []string `json:"here,omitempty"`
	Away  []string `json:"away,omitempty"`
	Gone  []string `json:"gone,omitempty"`
	Hello bool     `json:"hello,omitzero"` // it has just started, and asks who else is there
	Bye   bool     `json:"bye,omitzero"`   // it ends
}

func (w *presenceWord) add(user string, is chat.Standing) {
	switch is {
	case chat.Here:
		w.Here = append(w.Here, user)
	case chat.Away:
		w.Away = append(w.Away, user)
	default:
		w.Gone = append(w.Gone, user)
	}
}

func (w *presenceWord) size() int { return len(w.Here) + len(w.Away) + len(w.Gone) }

// roll is a part of the answer to the question who is connected to an edge: of
// all parts together as of the word N.
type roll struct {
	N     uint64   `json:"n"`
	Parts int      `json:"parts"`
	Here  []string `json:"here,omitempty"`
	Away  []string `json:"away,omitempty"`
}

// say says a word about this edge's people. Whoever does not hear it sees a hole
// in the numbers at the next one. The lock is held: words go out in their order.
func (p *presence) say(w presenceWord, now time.Time) {
	body, err := json.Marshal(w)
	if err == nil {
		err = p.talk.Say(events.Presence.Subject(p.id), body)
	}
	if err != nil {
		p.metrics.unsaid.Inc()
		return
	}
	p.metrics.words.WithLabelValues("said").Inc()
	p.beat = now
	if w.Hello {
		p.greeted = now
	}
}

// hear takes a word of any edge; typing is the hub's.
func (p *presence) hear(w jetstream.Word) {
	kind, scope, ok := events.WordOf(w.Subject)
	switch {
	case !ok:
	case kind == events.Typing:
		p.edge.hub.typed(scope, w.Body)
	case kind == events.Roll && scope == p.id:
		p.tell(w)
	case kind == events.Presence && scope != p.id:
		var said presenceWord
		if err := json.Unmarshal(w.Body, &said); err != nil {
			p.edge.Logger.Warn("a word of another edge cannot be read", "subject", w.Subject, "error", err)
			return
		}
		p.metrics.words.WithLabelValues("heard").Inc()
		p.heard(scope, said, time.Now())
	}
}

// tell answers with everybody who is connected to this edge.
func (p *presence) tell(w jetstream.Word) {
	p.mu.Lock()
	var all presenceWord
	for user, is := range p.self.people {
		all.add(user, is.standing())
	}
	n := p.self.n
	p.mu.Unlock()
	parts := all.parts()
	if len(parts) == 0 {
		parts = []presenceWord{{}}
	}
	for _, part := range parts {
		body, err := json.Marshal(roll{N: n, Parts: len(parts), Here: part.Here, Away: part.Away})
		if err == nil {
			err = w.Answer(body)
		}
		if err != nil {
			p.edge.Logger.Warn("an edge was not told who is here", "error", err)
			return
		}
	}
}

// rollTime bounds the answer of one edge.
const rollTime = 3 * time.Second

var errOtherRoll = errors.New("the answers are of two moments")

// call asks an edge for all of its people.
func (p *presence) call(ctx context.Context, id string) (all presenceWord, err error) {
	ctx, cancel := context.WithTimeout(ctx, rollTime)
	defer cancel()
	parts, torn := 0, false
	err = p.talk.Ask(ctx, events.Roll.Subject(id), func(body []byte) bool {
		var r roll
		if json.Unmarshal(body, &r) != nil || parts > 0 && r.N != all.N {
			torn = true
			return false
		}
		all.N = r.N
		all.Here, all.Away = append(all.Here, r.Here...), append(all.Away, r.Away...)
		parts++
		return parts < r.Parts
	})
	if err == nil && torn {
		err = errOtherRoll
	}
	return all, err
}
