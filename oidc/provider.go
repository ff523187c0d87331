package oidc

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/natter-chat/natter/chat"
)

const (
	// Timeout bounds each request to the provider.
	Timeout = 10 * time.Second
	// maxAnswer bounds what one of its answers may hold.
	maxAnswer = 1 << 20
)

// Config is how this service is registered with the provider.
type Config struct {
	Issuer       string // as in its tokens; its configuration is below it
	ClientID     string
	ClientSecret string
	Redirect     string // where it sends browsers back to, exactly as registered
}

// Provider is an OpenID provider. Its methods may be called concurrently.
type Provider struct {
	config Config
	now    func() time.Time
	client *http.Client

	turn chan struct{} // held by whoever reads the configuration
	read *endpoints    // nil until it was read; guarded by turn
}

// endpoints is what the provider says of itself.
type endpoints struct {
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	oauth    *oauth2.Config
}

// New returns a provider, without asking it anything. now may be nil.
func New(c Config, now func() time.Time) *Provider {
	if now == nil {
		now = time.Now
	}
	return &Provider{config: c, now: now, turn: make(chan struct{}, 1),
		client: &http.Client{Timeout: Timeout, Transport: bounded{http.DefaultTransport}}}
}

// endpoints returns what the provider says of itself, asking it if nobody has
// succeeded so far. One asks, the others wait for the answer.
func (p *Provider) endpoints(ctx context.Context) (*endpoints, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return nil, unreachable(ctx.Err())
	}
	if p.read != nil {
		return p.read, nil
	}
	provider, err := oidc.NewProvider(p.with(ctx), p.config.Issuer)
	if err != nil {
		return nil, unreachable(err)
	}
	p.read = &endpoints{
		provider: provider,
		// It accepts the signatures that the provider announces, of asymmetric
		// ones: never none, and never HS256 with a key that is public.
		verifier: provider.VerifierContext(p.with(context.WithoutCancel(ctx)), &oidc.Config{ClientID: p.config.ClientID, Now: p.now}),
		oauth: &oauth2.Config{ClientID: p.config.ClientID, ClientSecret: p.config.ClientSecret, RedirectURL: p.config.Redirect,
			Endpoint: provider.Endpoint(), Scopes: []string{oidc.ScopeOpenID, "profile", "email"}},
	}
	return p.read, nil
}

// with makes the libraries use the bounded client.
func (p *Provider) with(ctx context.Context) context.Context {
	return oidc.ClientContext(ctx, p.client)
}

func unreachable(cause error) error {
	return &chat.Error{Code: chat.Unavailable, Detail: "The other service cannot be reached right now. Try again, or log in with your password.", Cause: cause}
}

func unproven(cause string) error {
	return &chat.Error{Code: chat.Unauthenticated, Detail: "Signing in took too long or was not started here. Try again.", Cause: errors.New(cause)}
}

// bounded cuts answers that are too long to be one.
type bounded struct{ http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.RoundTripper.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	return resp, err
}
