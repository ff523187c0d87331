package main

import (
	"context"
	"fmt"
	"time"

	"github.com/natter-chat/natter/test/fault/laws"
)

// loseEdge kills an edge at which somebody is seen, and leaves it dead until the
// others see them no more: nothing else disturbs them meanwhile.
func loseEdge(k *run) (*blow, error) {
	at := k.dice.IntN(len(k.Edges))
	e, h := k.Edges[at], k.town.hermits[at]
	ctx, cancel := context.WithTimeout(k.ctx, 2*away)
	defer cancel()
	for !h.sitting() {
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return nil, fmt.Errorf("%s is not at %s: %w", h.name, e.Name, err)
		}
	}
	if err := k.town.seen(ctx, h, -1, true); err != nil {
		return nil, err
	}
	b, err := kill(e.Name, e)
	if err != nil {
		return b, err
	}
	ctx, cancel = context.WithTimeout(k.ctx, laws.GhostWithin+5*time.Second)
	defer cancel()
	_ = k.town.seen(ctx, h, at, false) // the law says if that took too long
	return b, nil
}
