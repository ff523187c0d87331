package oidc

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"
)

// fake is a provider that says what a test wants, right or wrong.
type fake struct {
	*httptest.Server
	t      *testing.T
	key    *ecdsa.PrivateKey
	sign   func(claims jwt.MapClaims) string // the ID token
	claims jwt.MapClaims                     // besides what every ID token has
	info   map[string]any                    // the UserInfo endpoint's answer
	status int                               // of the token endpoint; 0: 200
	got    url.Values                        // what the token endpoint was asked
	asked  int                               // how often the configuration was read
	down   bool
}

func newFake(t *testing.T) *fake {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{t: t, key: key, claims: jwt.MapClaims{}}
	f.sign = func(c jwt.MapClaims) string { return f.signed(jwt.SigningMethodES256, f.key, c) }
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		if f.asked++; f.down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		json.NewEncoder(w).Encode(map[string]any{"issuer": f.URL, "authorization_endpoint": f.URL + "/auth", "token_endpoint": f.URL + "/token",
			"userinfo_endpoint": f.URL + "/me", "jwks_uri": f.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: f.key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	})
	mux.HandleFunc("/token", f.token)
	mux.HandleFunc("/me", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(f.info)
	})
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	f.info = map[string]any{"sub": "ada-1", "email": "ada@example.org", "email_verified": true, "preferred_username": "ada"}
	return f
}

func (f *fake) token(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	f.got = r.PostForm
	w.Header().Set("Content-Type", "application/json")
	if f.status != 0 {
		w.WriteHeader(f.status)
		json.NewEncoder(w).Encode(map[string]any{"error": "invalid_grant", "error_description": "<script>"})
		return
	}
	claims := jwt.MapClaims{"iss": f.URL, "sub": "ada-1", "aud": "natter", "exp": time.Now().Add(time.Minute).Unix(), "iat": time.Now().Unix()}
	maps.Copy(claims, f.claims)
	json.NewEncoder(w).Encode(map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": f.sign(claims)})
}

func (f *fake) signed(method jwt.SigningMethod, key any, claims jwt.MapClaims) string {
	t := jwt.NewWithClaims(method, claims)
	t.Header["kid"] = "1"
	text, err := t.SignedString(key)
	if err != nil {
		f.t.Error(err)
	}
	return text
}

// provider returns natter's side.
func (f *fake) provider(now func() time.Time) *Provider {
	return New(Config{Issuer: f.URL, ClientID: "natter", ClientSecret: "s", Redirect: "https://chat.example.org/back"}, now)
}

// begins starts a flow whose nonce the fake's ID tokens carry.
func (f *fake) begins(p *Provider) (Flow, url.Values) {
	f.t.Helper()
	location, flow, err := p.Start(f.t.Context(), "/")
	if err != nil {
		f.t.Fatal(err)
	}
	u, err := url.Parse(location)
	if err != nil {
		f.t.Fatal(err)
	}
	f.claims["nonce"] = u.Query().Get("nonce")
	return flow, u.Query()
}
