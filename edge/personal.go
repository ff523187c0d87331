package edge

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
)

const (
	// holderFor is how long a personal access token that was looked up is
	// believed. That it was revoked is asked for each time, as for sessions,
	// and remembered for longer.
	holderFor = time.Minute
	// holdersAtMost bounds each of two generations, about 300 bytes each.
	holdersAtMost = 4096
	// noteUseEvery is how often uses are written down.
	noteUseEvery = 5 * time.Second
	noteUseTime  = 2 * time.Second
	// lookupsAtOnce keeps those who try tokens from taking the whole pool of
	// connections to the database.
	lookupsAtOnce = 4
)

// personal remembers who acts with which personal access token, by its hash,
// in two generations as verified does, and which are used.
type personal struct {
	edge *Edge

	mu         sync.Mutex
	young, old map[string]*holder
	used       map[string]struct{} // ids, since they were written down

	looking chan struct{} // has room for those who ask the database
}

// holder is who acts with a token.
type holder struct {
	who    chat.Principal
	until  time.Time
	minute atomic.Int64 // in which its use was last noted
}

func newPersonal(e *Edge) *personal {
	return &personal{edge: e, young: map[string]*holder{}, used: map[string]struct{}{}, looking: make(chan struct{}, lookupsAtOnce)}
}

// who returns who acts with the token. unauthenticated if it cannot be used,
// unavailable if nobody can say. Those from an address that tried too many that
// are none are not looked up: whoever tries them at random must not keep others
// from the database.
func (p *personal) who(ctx context.Context, address, token string) (chat.Principal, error) {
	hash, err := auth.HashPersonal(token)
	if err != nil {
		return chat.Principal{}, err
	}
	now := p.edge.Now()
	h := p.known(string(hash))
	if h == nil || now.After(h.until) || h.who.Expired(now) {
		who, err := p.lookUpFor(ctx, address, hash)
		if err != nil {
			return chat.Principal{}, err
		}
		h = &holder{who: who, until: now.Add(holderFor)}
		p.remember(string(hash), h)
	}
	if minute := now.Unix() / 60; h.minute.Swap(minute) != minute {
		p.note(h.who.Session)
	}
	return h.who, nil
}

// lookUpFor is lookUp within the address's bound.
func (p *personal) lookUpFor(ctx context.Context, address string, hash []byte) (chat.Principal, error) {
	limits := p.edge.limits
	if err := limits.left(ctx, boundTokens, address); err != nil {
		return chat.Principal{}, err
	}
	who, err := p.lookUp(ctx, hash)
	if isCode(err, chat.Unauthenticated) {
		if limited := limits.spend(ctx, boundTokens, address); limited != nil {
			return who, limited
		}
	}
	return who, err
}

func (p *personal) lookUp(ctx context.Context, hash []byte) (who chat.Principal, err error) {
	defer func() { p.edge.metrics.tokens.WithLabelValues(outcomeOf(err)).Inc() }()
	select {
	case p.looking <- struct{}{}:
		defer func() { <-p.looking }()
		return p.edge.Tokens.TokenHolder(ctx, hash)
	case <-ctx.Done():
		return who, &chat.Error{Code: chat.Unavailable, Detail: "Your token cannot be checked right now. Try again.", Cause: ctx.Err()}
	}
}

func (p *personal) known(hash string) *holder {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h := p.young[hash]; h != nil {
		return h
	}
	return p.old[hash]
}

func (p *personal) remember(hash string, h *holder) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.young) >= holdersAtMost {
		p.young, p.old = map[string]*holder{}, p.young
	}
	p.young[hash] = h
}

// note marks a token as used.
func (p *personal) note(token string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.used) < holdersAtMost {
		p.used[token] = struct{}{}
	}
}

// Run writes uses down, in nobody's way, until ctx ends, and once more then.
func (p *personal) Run(ctx context.Context) error {
	tick := time.NewTicker(noteUseEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.write(ctx)
		case <-ctx.Done():
			p.write(context.WithoutCancel(ctx))
			return ctx.Err()
		}
	}
}

// write writes down which tokens were used. What fails is lost: it says when
// somebody last used a token, and nothing hangs on it.
func (p *personal) write(ctx context.Context) {
	p.mu.Lock()
	list := make([]string, 0, len(p.used))
	for token := range p.used {
		list = append(list, token)
	}
	clear(p.used)
	p.mu.Unlock()
	if len(list) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, noteUseTime)
	defer cancel()
	if err := p.edge.Tokens.TokensUsed(ctx, list); err != nil {
		p.edge.Logger.Warn("when tokens were last used is not noted", "tokens", len(list), "error", err)
	}
}
