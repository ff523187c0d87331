package edge

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
)

// countedTokens count how often the database is asked whose a token is.
type countedTokens struct {
	tokenStore
	asked atomic.Int32
}

func (c *countedTokens) TokenHolder(ctx context.Context, hash []byte) (chat.Principal, error) {
	c.asked.Add(1)
	return c.tokenStore.TokenHolder(ctx, hash)
}

func TestOneAddressCannotTryTokensForEver(t *testing.T) {
	w := newWorld(t)
	tokens := &countedTokens{}
	one := w.edge(func(c *Config, d *Deps) {
		behind(c)
		c.AccountsPerMinute = 4
		tokens.tokenStore, d.Tokens = d.Tokens, tokens
	})
	ada := one.join(t, "ada")
	known, fresh := ada.program(one, "read"), ada.program(one, "read")
	const bad, good = "203.0.113.1", "203.0.113.2"
	me := func(p *person, address string) answer {
		return p.call(one, "GET", "/api/me", "", "X-Forwarded-For", address)
	}
	random := func() *person {
		token, _ := auth.NewPersonal()
		return &person{t: t, token: token}
	}
	me(known, bad).must(t, 200)
	for range 4 {
		me(random(), bad).problem(t, 401, chat.Unauthenticated)
	}
	asked := tokens.asked.Load()
	me(random(), bad).problem(t, 429, chat.RateLimited)
	s := one.dials(t, "X-Forwarded-For", bad)
	s.sends(authFrame{Op: "auth", ID: 1, Token: random().token})
	if f := s.next(); f.Op != "error" || f.code() != "rate_limited" || f.Retry < 1 {
		t.Errorf("on a socket: %+v", f)
	}
	if n := tokens.asked.Load() - asked; n != 0 {
		t.Errorf("the database was asked %d times", n)
	}
	me(known, bad).must(t, 200) // it needs no look-up
	me(ada, bad).must(t, 200)
	me(fresh, good).must(t, 200)
	me(random(), good).problem(t, 401, chat.Unauthenticated)
}
