package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/natter-chat/natter/chat"
)

// answer is what a browser comes back with.
func answer(f Flow) url.Values { return url.Values{"state": {f.State}, "code": {"c"}} }

func TestWhoComesBackIsWhoTheProviderSaysItIs(t *testing.T) {
	f := newFake(t)
	p := f.provider(nil)
	flow, sent := f.begins(p)
	challenge := sha256.Sum256([]byte(flow.Verifier))
	if sent.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) || sent.Get("code_challenge_method") != "S256" ||
		sent.Get("state") != flow.State || sent.Get("redirect_uri") != "https://chat.example.org/back" || sent.Get("response_type") != "code" ||
		len(flow.State) < 26 || len(flow.Nonce) < 26 || flow.Nonce == flow.State || strings.Contains(sent.Encode(), flow.Verifier) {
		t.Errorf("%v", sent)
	}
	who, err := p.Finish(t.Context(), flow, answer(flow))
	if err != nil || who.Issuer != f.URL || who.Subject != "ada-1" || who.Email != "ada@example.org" || !slices.Equal(who.Names, []string{"ada", "ada"}) {
		t.Errorf("%+v, %v", who, err)
	}
	if f.got.Get("code_verifier") != flow.Verifier || f.got.Get("grant_type") != "authorization_code" {
		t.Errorf("%v", f.got)
	}
}

func TestAnAddressCountsOnlyIfTheProviderHasVerifiedIt(t *testing.T) {
	f := newFake(t)
	p := f.provider(nil)
	for verified, email := range map[any]string{true: "ada@example.org", "true": "ada@example.org", false: "", "false": "", nil: ""} {
		if f.info["email_verified"] = verified; verified == nil {
			delete(f.info, "email_verified")
		}
		flow, _ := f.begins(p)
		if who, err := p.Finish(t.Context(), flow, answer(flow)); err != nil || who.Email != email {
			t.Errorf("%v: %+v, %v", verified, who, err)
		}
	}
}

// Addresses are compared folded, and an account is found by them.
func TestAnAddressThatNatterItselfWouldNotTakeCountsForNothing(t *testing.T) {
	f := newFake(t)
	p := f.provider(nil)
	for _, email := range []string{"bob@straße.de", "ｂob@example.org", "bob@example.org\u200b", "bob", "Bob <bob@example.org>"} {
		f.info["email"] = email
		flow, _ := f.begins(p)
		if who, err := p.Finish(t.Context(), flow, answer(flow)); err != nil || who.Email != "" {
			t.Errorf("%q: %+v, %v", email, who, err)
		}
	}
}

func TestNeitherSourceOfClaimsVouchesForTheOthersAddress(t *testing.T) {
	f := newFake(t)
	p := f.provider(nil)
	finish := func(token, info map[string]any) string {
		t.Helper()
		f.claims, f.info = token, info
		flow, _ := f.begins(p)
		who, err := p.Finish(t.Context(), flow, answer(flow))
		if err != nil {
			t.Error(err)
		}
		return who.Email
	}
	if got := finish(map[string]any{"email_verified": true}, map[string]any{"sub": "ada-1", "email": "eve@example.org"}); got != "" {
		t.Errorf("the ID token has verified UserInfo's %s", got)
	}
	if got := finish(map[string]any{"email": "eve@example.org"}, map[string]any{"sub": "ada-1", "email": "eve@example.org", "email_verified": true}); got != "" {
		t.Errorf("UserInfo has verified the ID token's %s", got)
	}
	if got := finish(map[string]any{"email": "ada@example.org", "email_verified": true}, map[string]any{"sub": "ada-1"}); got != "ada@example.org" {
		t.Errorf("verified by the ID token itself: %q", got)
	}
}

// Each check refuses by itself: everything else is right.
func TestEveryCheckOfAnAnswerRefusesByItself(t *testing.T) {
	now := time.Now()
	foreign, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	for name, c := range map[string]struct {
		change func(*fake, *Flow, url.Values)
		code   chat.Code
	}{
		"another state":            {func(_ *fake, _ *Flow, q url.Values) { q.Set("state", "x") }, chat.Unauthenticated},
		"no state":                 {func(_ *fake, _ *Flow, q url.Values) { q.Del("state") }, chat.Unauthenticated},
		"two states":               {func(_ *fake, _ *Flow, q url.Values) { q.Add("state", q.Get("state")) }, chat.Unauthenticated},
		"no flow":                  {func(_ *fake, l *Flow, q url.Values) { *l = Flow{Expires: l.Expires}; q.Set("state", "") }, chat.Unauthenticated},
		"a flow that has expired":  {func(_ *fake, l *Flow, _ url.Values) { l.Expires = now.Add(-time.Second) }, chat.Unauthenticated},
		"another provider's":       {func(_ *fake, _ *Flow, q url.Values) { q.Set("iss", "https://evil.example") }, chat.Unauthenticated},
		"no code":                  {func(_ *fake, _ *Flow, q url.Values) { q.Del("code") }, chat.Unauthenticated},
		"a refusal":                {func(_ *fake, _ *Flow, q url.Values) { q.Set("error", "access_denied") }, chat.Unauthenticated},
		"a refusal of the request": {func(_ *fake, _ *Flow, q url.Values) { q.Set("error", "<script>") }, chat.Unauthenticated},
		"trouble there":            {func(_ *fake, _ *Flow, q url.Values) { q.Set("error", "server_error") }, chat.Unavailable},
		"a code that was used":     {func(f *fake, _ *Flow, _ url.Values) { f.status = http.StatusBadRequest }, chat.Unauthenticated},
		"no answer":                {func(f *fake, _ *Flow, _ url.Values) { f.status = http.StatusBadGateway }, chat.Unavailable},
		"another nonce":            {func(f *fake, _ *Flow, _ url.Values) { f.claims["nonce"] = "x" }, chat.Unauthenticated},
		"no nonce":                 {func(f *fake, _ *Flow, _ url.Values) { delete(f.claims, "nonce") }, chat.Unauthenticated},
		"another audience":         {func(f *fake, _ *Flow, _ url.Values) { f.claims["aud"] = "elsewhere" }, chat.Unauthenticated},
		"two audiences":            {func(f *fake, _ *Flow, _ url.Values) { f.claims["aud"] = []string{"natter", "x"} }, chat.Unauthenticated},
		"another party":            {func(f *fake, _ *Flow, _ url.Values) { f.claims["azp"] = "x" }, chat.Unauthenticated},
		"another issuer":           {func(f *fake, _ *Flow, _ url.Values) { f.claims["iss"] = "https://evil.example" }, chat.Unauthenticated},
		"an expired token":         {func(f *fake, _ *Flow, _ url.Values) { f.claims["exp"] = now.Add(-time.Minute).Unix() }, chat.Unauthenticated},
		"no subject":               {func(f *fake, _ *Flow, _ url.Values) { f.claims["sub"] = "" }, chat.Unauthenticated},
		"a subject with NUL":       {func(f *fake, _ *Flow, _ url.Values) { f.claims["sub"] = "a\x00" }, chat.Unauthenticated},
		"a subject too long":       {func(f *fake, _ *Flow, _ url.Values) { f.claims["sub"] = strings.Repeat("a", 256) }, chat.Unauthenticated},
		"claims about another":     {func(f *fake, _ *Flow, _ url.Values) { f.info["sub"] = "eve-1" }, chat.Unauthenticated},
		"no token":                 {func(f *fake, _ *Flow, _ url.Values) { f.sign = func(jwt.MapClaims) string { return "" } }, chat.Unauthenticated},
		"another's key": {func(f *fake, _ *Flow, _ url.Values) {
			f.sign = func(c jwt.MapClaims) string { return f.signed(jwt.SigningMethodES256, foreign, c) }
		}, chat.Unauthenticated},
		"alg none": {func(f *fake, _ *Flow, _ url.Values) {
			f.sign = func(c jwt.MapClaims) string {
				return f.signed(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, c)
			}
		}, chat.Unauthenticated},
		"HS256 with the client's secret": {func(f *fake, _ *Flow, _ url.Values) {
			f.sign = func(c jwt.MapClaims) string { return f.signed(jwt.SigningMethodHS256, []byte("s"), c) }
		}, chat.Unauthenticated},
		"HS256 with the public key": {func(f *fake, _ *Flow, _ url.Values) {
			public, _ := x509.MarshalPKIXPublicKey(f.key.Public())
			f.sign = func(c jwt.MapClaims) string { return f.signed(jwt.SigningMethodHS256, public, c) }
		}, chat.Unauthenticated},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			p := f.provider(nil)
			flow, _ := f.begins(p)
			query := answer(flow)
			c.change(f, &flow, query)
			if who, err := p.Finish(t.Context(), flow, query); chat.CodeOf(err) != c.code || who.Subject != "" {
				t.Errorf("%+v, %v", who, err)
			}
		})
	}
}

// A token is as good as a password while it counts: nothing of it may be seen.
func TestErrorsRepeatNothingThatTheProviderWrote(t *testing.T) {
	f := newFake(t)
	p := f.provider(nil)
	flow, _ := f.begins(p)
	f.status = http.StatusBadRequest
	_, err := p.Finish(t.Context(), flow, answer(flow))
	var known *chat.Error
	if !errors.As(err, &known) || strings.Contains(known.Error(), "<script>") || strings.Contains(known.Error(), flow.Verifier) {
		t.Error(err)
	}
}

func TestAProviderThatWasDownIsAskedAgain(t *testing.T) {
	f := newFake(t)
	f.down = true
	p := f.provider(nil)
	if _, _, err := p.Start(t.Context(), "/"); chat.CodeOf(err) != chat.Unavailable {
		t.Fatal(err)
	}
	f.down = false
	before := f.asked
	var crowd sync.WaitGroup
	for range 20 {
		crowd.Go(func() {
			if _, _, err := p.Start(t.Context(), "/"); err != nil {
				t.Error(err)
			}
		})
	}
	crowd.Wait()
	if f.asked != before+1 {
		t.Errorf("asked %d times", f.asked-before)
	}
}

func TestAProviderThatAnswersWithoutEndIsCut(t *testing.T) {
	f := newFake(t)
	f.info["name"] = strings.Repeat("x", 2*maxAnswer)
	p := f.provider(nil)
	flow, _ := f.begins(p)
	if who, err := p.Finish(t.Context(), flow, answer(flow)); chat.CodeOf(err) != chat.Unavailable {
		t.Errorf("%.100v, %v", who, err)
	}
}
