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
	// TrustedProxies are the reverse proxies whose X-Forwarded-For and
	// X-Forwarded-Proto are believed. Without one it stays empty: clients could
	// write those headers themselves.
	TrustedProxies []string `env:"NATTER_TRUSTED_PROXIES" help:"addresses and ranges of the reverse proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, such as 127.0.0.1,10.0.0.0/8; none: nobody's"`
	// TrustProxy is what NATTER_TRUSTED_PROXIES replaced: whoever still sets it
	// must hear of it, or every client would have the proxy's address.
	TrustProxy string `env:"NATTER_TRUST_PROXY" help:"replaced by NATTER_TRUSTED_PROXIES: setting it is an error"`
	// PublicURL is where people find natter: the origin of what leads back here
	// from elsewhere. It must not come from a request, whose sender chooses it.
	PublicURL string `env:"NATTER_PUBLIC_URL" help:"the origin at which people find natter, such as https://chat.example.org: for links and for NATTER_OIDC_ISSUER"`
	OIDC      OIDCConfig
	// AccountsPerMinute bounds sign-ups, log-ins, codes and new passwords from
	// one address (an IPv6 /64 counts as one). 0: no bound.
	AccountsPerMinute float64 `env:"NATTER_ACCOUNTS_PER_MINUTE" envDefault:"60" help:"sign-ups, log-ins, codes and new passwords a minute from one address, on one edge; 0: no bound"`
	// WrongPasswords bounds guessing, on all edges together: so many wrong
	// passwords for one account from one address in guessWindow, and
	// guessSpread times as many from all addresses. 0: no bound.
	WrongPasswords int `env:"NATTER_WRONG_PASSWORDS" envDefault:"10" help:"wrong passwords for one account in 15 minutes from one address, and ten times as many from all; 0: no bound"`
	// Sessions is how many one person may have at once. The database counts
	// them, for all edges together: cmd tells it.
	Sessions int `env:"NATTER_SESSIONS" envDefault:"5" help:"devices on which one person can be logged in, 1 to 1000, the same on all edges; another login ends the oldest"`
	// PostsPerSecond bounds one person's posts on this edge, with bursts of
	// ten seconds' worth. 0: no bound, for load tests.
	PostsPerSecond float64 `env:"NATTER_POSTS_PER_SECOND" envDefault:"200" help:"one person's posts a second, with bursts of ten seconds' worth; 0: no bound"`
	// SignUp says who may make an account; Owner is the address whose account
	// is an owner's. Whatever SignUp is, that address and the first may.
	SignUp chat.SignUpMode `env:"NATTER_SIGNUP" envDefault:"open" help:"who may sign up: open (anybody), invitation (with a link that a moderator made) or closed; NATTER_OWNER's address always may, and without one the first account"`
	Owner  string          `env:"NATTER_OWNER" help:"e-mail address whose account becomes an owner's, at sign-up or at the next start; without it, the first account is one"`
	// ActionsPerSecond bounds whatever else one person changes on this edge.
	ActionsPerSecond float64 `env:"NATTER_ACTIONS_PER_SECOND" envDefault:"20" help:"whatever else one person changes a second (rooms, read markers, sessions), with bursts of ten seconds' worth; 0: no bound"`
	// ConnectionsPerUser bounds one person's sockets and streams on this edge.
	ConnectionsPerUser int `env:"NATTER_CONNECTIONS_PER_USER" envDefault:"20" help:"sockets and streams of one person on this edge; 0: no bound"`
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
		if !isOrigin(origin) {
			errs = append(errs, fmt.Errorf("NATTER_ORIGINS: %q is no origin: write scheme://host[:port]", origin))
		}
	}
	if c.Owner != "" && chat.CheckEmail(c.Owner) != nil {
		errs = append(errs, fmt.Errorf("NATTER_OWNER: %q is no e-mail address", c.Owner))
	}
	if c.Sessions < 1 || c.Sessions > 1000 {
		errs = append(errs, errors.New("NATTER_SESSIONS must be 1 to 1000"))
	}
	switch c.SignUp {
	case "", chat.ModeOpen, chat.ModeInvitation, chat.ModeClosed:
	default:
		errs = append(errs, fmt.Errorf("NATTER_SIGNUP is %q: use open, invitation or closed", c.SignUp))
	}
	if _, err := parseProxies(c.TrustedProxies); err != nil {
		errs = append(errs, err)
	}
	if c.TrustProxy != "" {
		errs = append(errs, errors.New("NATTER_TRUST_PROXY was replaced: remove it, and set NATTER_TRUSTED_PROXIES to the addresses of your reverse proxies, such as 127.0.0.1"))
	}
	if c.QueueBytes > 0 && c.QueueBytes < minQueue {
		errs = append(errs, fmt.Errorf("NATTER_QUEUE_BYTES is %d: use %d or more, or 0 for 1 MiB", c.QueueBytes, minQueue))
	}
	if c.PublicURL != "" && !isOrigin(c.PublicURL) {
		errs = append(errs, fmt.Errorf("NATTER_PUBLIC_URL: %q is no origin: write scheme://host[:port]", c.PublicURL))
	}
	errs = append(errs, c.OIDC.validate(c.PublicURL))
	for name, bound := range map[string]float64{
		"NATTER_ACCOUNTS_PER_MINUTE": c.AccountsPerMinute, "NATTER_WRONG_PASSWORDS": float64(c.WrongPasswords),
		"NATTER_POSTS_PER_SECOND": c.PostsPerSecond, "NATTER_ACTIONS_PER_SECOND": c.ActionsPerSecond,
		"NATTER_CONNECTIONS_PER_USER": float64(c.ConnectionsPerUser), "NATTER_MAX_CONNECTIONS": float64(c.MaxConnections),
		"NATTER_QUEUE_BYTES": float64(c.QueueBytes), "NATTER_FRAMES_PER_SECOND": float64(c.FramesPerSecond),
	} {
		if bound < 0 {
			errs = append(errs, fmt.Errorf("%s: a bound cannot be negative", name))
		}
	}
	return errors.Join(errs...)
}

func isOrigin(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && u.Host != "" && u.Path == ""
}
