package edge

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/natter-chat/natter/chat"
)

// Config is what an operator may choose about an edge. Mains fill it from the
// environment; the defaults stand in the tags.
type Config struct {
	// Origins are further origins, such as https://chat.example.org, whose
	// pages may open sockets and use the refresh cookie. The edge's own
	// origin (the request's host) always may.
	Origins []string `env:"NATTER_ORIGINS" help:"further origins whose pages may use this edge, such as https://chat.example.org, with commas; its own always may"`
	// TrustProxy makes the edge believe X-Forwarded-Proto and the last
	// X-Forwarded-For, as a reverse proxy in front of it sets them. Without a
	// proxy it must be off: clients could write those headers themselves.
	TrustProxy bool `env:"NATTER_TRUST_PROXY" envDefault:"false" help:"believe X-Forwarded-Proto and X-Forwarded-For: true behind a proxy that sets them, else false"`
	// AccountsPerMinute bounds sign-ups and log-ins from one address (an
	// IPv6 /64 counts as one). 0: no bound.
	AccountsPerMinute float64 `env:"NATTER_ACCOUNTS_PER_MINUTE" envDefault:"60" help:"sign-ups and log-ins a minute from one address; 0: no bound"`
	// PostsPerSecond bounds one person's posts on this edge, with bursts of
	// ten seconds' worth. 0: no bound, for load tests.
	PostsPerSecond float64 `env:"NATTER_POSTS_PER_SECOND" envDefault:"200" help:"one person's posts a second, with bursts of ten seconds' worth; 0: no bound"`
	// SignUp says who may make an account; Owner is the address whose account
	// is an owner's. Whatever SignUp is, that address and the first may.
	SignUp chat.SignUpMode `env:"NATTER_SIGNUP" envDefault:"open" help:"who may sign up: open (anybody), invitation (with a link that a moderator made) or closed; the first account and NATTER_OWNER's always may"`
	Owner  string          `env:"NATTER_OWNER" help:"e-mail address whose account becomes an owner's, at sign-up or at the next start; the first account is one anyway"`
	// MaxConnections bounds sockets and streams of this edge.
	MaxConnections int `env:"NATTER_MAX_CONNECTIONS" envDefault:"20000" help:"sockets and streams of this edge"`
	// QueueBytes bounds what waits to be written to one connection. One that
	// reads too slowly is closed with 4408 and resumes. 0: 1 MiB; at least 512 KiB.
	QueueBytes int `env:"NATTER_QUEUE_BYTES" envDefault:"1048576" help:"what may wait to be written to one connection, in bytes; beyond it the connection is closed and resumes"`
	// FramesPerSecond bounds one socket's frames, pings included, with bursts
	// of eight seconds' worth; beyond it is 1008. 0: no bound, for load tests.
	FramesPerSecond int `env:"NATTER_FRAMES_PER_SECOND" envDefault:"500" help:"one socket's frames a second, with bursts of eight seconds' worth; 0: no bound"`
}

// Validate reports everything that is wrong at once.
func (c Config) Validate() error {
	var errs []error
	for _, origin := range c.Origins {
		if u, err := url.Parse(origin); err != nil || u.Scheme == "" || u.Host == "" || u.Path != "" {
			errs = append(errs, fmt.Errorf("NATTER_ORIGINS: %q is no origin: write scheme://host[:port]", origin))
		}
	}
	switch c.SignUp {
	case "", chat.ModeOpen, chat.ModeInvitation, chat.ModeClosed:
	default:
		errs = append(errs, fmt.Errorf("NATTER_SIGNUP is %q: use open, invitation or closed", c.SignUp))
	}
	if c.AccountsPerMinute < 0 || c.PostsPerSecond < 0 || c.MaxConnections < 0 || c.QueueBytes < 0 || c.FramesPerSecond < 0 {
		errs = append(errs, errors.New("NATTER_ACCOUNTS_PER_MINUTE, NATTER_POSTS_PER_SECOND, NATTER_MAX_CONNECTIONS, NATTER_QUEUE_BYTES, NATTER_FRAMES_PER_SECOND: a bound cannot be negative"))
	}
	return errors.Join(errs...)
}
