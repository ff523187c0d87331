package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/url"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/natter-chat/natter/chat"
)

// FlowTime is how long somebody may take at the provider.
const FlowTime = 10 * time.Minute

// Flow is a sign-in that has begun. It is secret: whoever has it and the
// provider's answer is signed in.
type Flow struct {
	State    string    `json:"state"`    // ties the answer to this browser
	Nonce    string    `json:"nonce"`    // ties the ID token to this flow
	Verifier string    `json:"verifier"` // PKCE: ties the code to this flow
	Return   string    `json:"return"`   // the caller's
	Expires  time.Time `json:"expires"`
}

// Start returns where the browser goes to sign in. then is kept in the flow.
func (p *Provider) Start(ctx context.Context, then string) (location string, f Flow, err error) {
	at, err := p.endpoints(ctx)
	if err != nil {
		return "", Flow{}, err
	}
	f = Flow{State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(), Return: then, Expires: p.now().Add(FlowTime)}
	return at.oauth.AuthCodeURL(f.State, oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)), f, nil
}

// Finish returns who came back to the redirect address with this query.
func (p *Provider) Finish(ctx context.Context, f Flow, query url.Values) (chat.Identity, error) {
	if err := p.belongs(f, query); err != nil {
		return chat.Identity{}, err
	}
	at, err := p.endpoints(ctx)
	if err != nil {
		return chat.Identity{}, err
	}
	ctx = p.with(ctx)
	token, err := at.oauth.Exchange(ctx, query.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return chat.Identity{}, refusedCode(err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := at.verifier.Verify(ctx, raw)
	if err != nil {
		return chat.Identity{}, &chat.Error{Code: chat.Unauthenticated, Detail: "The other service's answer is not valid. Try again.", Cause: err}
	}
	return at.identity(ctx, p.config.ClientID, f, id, token)
}

// belongs checks that the answer is the one to this flow.
func (p *Provider) belongs(f Flow, query url.Values) error {
	switch state := query["state"]; {
	case f.State == "" || p.now().After(f.Expires):
		return unproven("the flow has expired")
	case len(state) != 1 || subtle.ConstantTimeCompare([]byte(state[0]), []byte(f.State)) != 1:
		return unproven("the state is another")
	}
	if iss := query["iss"]; len(iss) > 0 && (len(iss) != 1 || iss[0] != p.config.Issuer) { // RFC 9207: mixed up with another provider
		return unproven("the answer is another issuer's")
	}
	if query.Has("error") {
		return refusal(query.Get("error"))
	}
	if len(query["code"]) != 1 {
		return unproven("there is no code")
	}
	return nil
}

// refusal translates the errors of RFC 6749, section 4.1.2.1. What the provider
// wrote besides goes nowhere: a page could have written it.
func refusal(code string) error {
	cause := errors.New("the provider said no")
	switch code {
	case "access_denied": // not forbidden, as which a page reads that the account was disabled: most often somebody has changed their mind
		return &chat.Error{Code: chat.Unauthenticated, Detail: "You did not sign in there, or may not sign in here.", Cause: cause}
	case "server_error", "temporarily_unavailable":
		return unreachable(cause)
	default:
		return &chat.Error{Code: chat.Unauthenticated, Detail: "The other service refused. Try again.", Cause: cause}
	}
}

// refusedCode translates why no token came.
func refusedCode(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response.StatusCode < 500 {
		// Without the body: it may repeat what was sent.
		return &chat.Error{Code: chat.Unauthenticated, Detail: "The other service refused. Try again.", Cause: errors.New("no token: " + refused.ErrorCode)}
	}
	return unreachable(err)
}
