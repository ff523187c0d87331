package main

import (
	"context"
	"time"

	"github.com/natter-chat/natter/test/client"
	"github.com/natter-chat/natter/test/fault/laws"
)

// settle tries something at one edge after another until natter has said yes or
// no: also past the end of the load, so that no outcome stays unknown. Every
// attempt is a record, which do completes from the answer; it returns the last.
func (t *town) settle(p *person, r laws.Record, do func(context.Context, *client.Client, *laws.Record) error) (laws.Record, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), settleWithin)
	defer cancel()
	r.Client, r.User = p.name, p.User().ID
	for edge := p.rng.IntN(len(t.urls)); ; edge++ {
		once, stop := context.WithTimeout(ctx, onceWithin)
		c := p.at(t, edge)
		r.Start, r.Edge, r.Try = t.now(), c.Edge, r.Try+1
		err := do(once, c, &r)
		stop()
		r.Outcome = t.ended(r, err)
		if err == nil || !client.Temporary(err) && client.CodeOf(err) != "unauthenticated" || pause(ctx, 100*time.Millisecond) != nil {
			return r, err
		}
	}
}

// asked reads something once, at any edge, and writes down what came.
func (t *town) asked(p *person, r laws.Record, do func(context.Context, *client.Client, *laws.Record) error) error {
	ctx, cancel := context.WithTimeout(t.ctx, onceWithin)
	defer cancel()
	c := p.at(t, p.rng.IntN(len(t.urls)))
	r.Client, r.User, r.Start, r.Edge = p.name, p.User().ID, t.now(), c.Edge
	err := do(ctx, c, &r)
	t.ended(r, err)
	return err
}
