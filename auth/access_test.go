package auth

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

var ada = events.Person{ID: "01970000-0000-7000-8000-000000000001", Name: "ada"}

const session = "01970000-0000-7000-8000-0000000000aa"

// clock is a time that the test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newKeys(t testing.TB, secrets ...string) (*Keys, *clock) {
	t.Helper()
	if len(secrets) == 0 {
		secrets = []string{NewSecret()}
	}
	list, err := ParseSecrets(strings.Join(secrets, ","))
	if err != nil {
		t.Fatal(err)
	}
	c := &clock{time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)}
	k, err := NewKeys(list, c.now)
	if err != nil {
		t.Fatal(err)
	}
	return k, c
}

func TestAnAccessTokenSaysWhoItSpeaksFor(t *testing.T) {
	k, c := newKeys(t)
	token, expires, err := k.Access(ada, session)
	if err != nil {
		t.Fatal(err)
	}
	who, err := k.Verify(token)
	if err != nil {
		t.Fatal(err)
	}
	if who.User != ada || who.Session != session || !who.Expires.Equal(expires) || !expires.Equal(c.at.Add(AccessTime)) {
		t.Errorf("got %+v, expires %v", who, expires)
	}
}

func TestAnAccessTokenEnds(t *testing.T) {
	k, c := newKeys(t)
	token, expires, _ := k.Access(ada, session)
	c.at = expires.Add(-time.Second)
	if _, err := k.Verify(token); err != nil {
		t.Errorf("before its end: %v", err)
	}
	c.at = expires.Add(time.Second)
	mustRefuse(t, k, token)
}

func TestEverySecretVerifiesAndTheFirstSigns(t *testing.T) {
	older, newer := NewSecret(), NewSecret()
	before, _ := newKeys(t, older)
	during, _ := newKeys(t, newer, older)
	after, _ := newKeys(t, newer)
	old, _, _ := before.Access(ada, session)
	fresh, _, _ := during.Access(ada, session)
	if _, err := during.Verify(old); err != nil {
		t.Errorf("the older secret's token: %v", err)
	}
	if _, err := after.Verify(fresh); err != nil {
		t.Errorf("the newer secret's token: %v", err)
	}
	mustRefuse(t, after, old)
	mustRefuse(t, before, fresh)
}

// forge makes a token as somebody would who has the key, to show that each
// check refuses by itself.
type forge struct {
	method jwt.SigningMethod
	key    any
	header map[string]any
	claims map[string]any
}

func (k *Keys) goodForge(now time.Time) forge {
	return forge{jwt.SigningMethodEdDSA, k.signer, map[string]any{"typ": tokenType, "kid": k.kid}, map[string]any{
		"iss": issuer, "aud": audience, "sub": ada.ID, "sid": session, "name": ada.Name, "exp": now.Add(time.Minute).Unix(),
	}}
}

func (f forge) sign(t testing.TB) string {
	t.Helper()
	token := jwt.NewWithClaims(f.method, jwt.MapClaims(f.claims))
	for name, value := range f.header {
		if value == nil {
			delete(token.Header, name)
			continue
		}
		token.Header[name] = value
	}
	text, err := token.SignedString(f.key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestEveryCheckOfAnAccessTokenRefusesByItself(t *testing.T) {
	k, c := newKeys(t)
	if _, err := k.Verify(k.goodForge(c.at).sign(t)); err != nil {
		t.Fatalf("the forge must make good tokens, or the table shows nothing: %v", err)
	}
	_, foreign, _ := ed25519.GenerateKey(rand.Reader)
	public := k.verify[k.kid]
	for name, change := range map[string]func(*forge){
		"alg none":                   func(f *forge) { f.method, f.key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType },
		"HS256 with the public key":  func(f *forge) { f.method, f.key = jwt.SigningMethodHS256, []byte(public) },
		"another's key":              func(f *forge) { f.key = foreign },
		"wrong issuer":               func(f *forge) { f.claims["iss"] = "nattter" },
		"no issuer":                  func(f *forge) { delete(f.claims, "iss") },
		"wrong audience":             func(f *forge) { f.claims["aud"] = "elsewhere" },
		"no audience":                func(f *forge) { delete(f.claims, "aud") },
		"no exp":                     func(f *forge) { delete(f.claims, "exp") },
		"exp is past":                func(f *forge) { f.claims["exp"] = c.at.Add(-time.Minute).Unix() },
		"exp is text":                func(f *forge) { f.claims["exp"] = "tomorrow" },
		"nbf is to come":             func(f *forge) { f.claims["nbf"] = c.at.Add(time.Minute).Unix() },
		"typ JWT":                    func(f *forge) { f.header["typ"] = "JWT" },
		"no typ":                     func(f *forge) { f.header["typ"] = nil },
		"unknown kid":                func(f *forge) { f.header["kid"] = "0000000000000000" },
		"no kid":                     func(f *forge) { f.header["kid"] = nil },
		"subject is no id":           func(f *forge) { f.claims["sub"] = "*" },
		"session is no id":           func(f *forge) { f.claims["sid"] = "a.b" },
		"no name":                    func(f *forge) { delete(f.claims, "name") },
		"too long, though well-made": func(f *forge) { f.claims["name"] = strings.Repeat("a", maxToken) },
	} {
		t.Run(name, func(t *testing.T) {
			f := k.goodForge(c.at)
			change(&f)
			mustRefuse(t, k, f.sign(t))
		})
	}
}

func TestWhatIsNoAccessTokenIsRefused(t *testing.T) {
	k, c := newKeys(t)
	good := k.goodForge(c.at).sign(t)
	head, rest, _ := strings.Cut(good, ".")
	body, mac, _ := strings.Cut(rest, ".")
	for name, token := range map[string]string{
		"nothing":             "",
		"a refresh token":     k.Refresh(session, 1),
		"a ticket":            first(NewTicket()),
		"1 MB of dots":        strings.Repeat(".", 1<<20),
		"three empty parts":   "..",
		"unsigned":            head + "." + body + ".",
		"padded":              good + "=",
		"another's signature": head + "." + body + "." + base64.RawURLEncoding.EncodeToString(make([]byte, ed25519.SignatureSize)),
		"a line break":        head + "." + body + "\n." + mac,
	} {
		t.Run(name, func(t *testing.T) { mustRefuse(t, k, token) })
	}
}

func TestNoChangedByteOfAnAccessTokenPasses(t *testing.T) {
	k, c := newKeys(t)
	good := k.goodForge(c.at).sign(t)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.="
	last := len(good) - 1 // base64's spare bits: without strict decoding four characters mean the same
	for i := range good {
		others := alphabet[i%len(alphabet):][:1] + "A_."
		if i == last {
			others = alphabet
		}
		for _, b := range []byte(others) {
			if good[i] != b {
				mustRefuse(t, k, good[:i]+string(b)+good[i+1:])
			}
		}
	}
}

func mustRefuse(t testing.TB, k *Keys, token string) {
	t.Helper()
	if who, err := k.Verify(token); !errors.Is(err, &chat.Error{Code: chat.Unauthenticated}) || !reflect.DeepEqual(who, chat.Principal{}) {
		t.Errorf("Verify(%.60q) = %+v, %v; want unauthenticated", token, who, err)
	}
}

func first(ticket string, _ []byte) string { return ticket }

func TestSecretsDoNotShow(t *testing.T) {
	text := NewSecret()
	secrets, err := ParseSecrets(text + ", " + NewSecret())
	if err != nil || len(secrets) != 2 {
		t.Fatal(secrets, err)
	}
	for _, shown := range []string{fmt.Sprint(secrets), fmt.Sprintf("%+v %#v", secrets, secrets), secrets[0].LogValue().String()} {
		raw, _ := base64.StdEncoding.DecodeString(text)
		if strings.Contains(shown, text) || strings.Contains(shown, fmt.Sprint(raw[0], raw[1])) || !strings.Contains(shown, "redacted") {
			t.Errorf("shown: %s", shown)
		}
	}
}

func TestWhatIsNoSecretIsRefusedWithoutRepeatingIt(t *testing.T) {
	for _, list := range []string{"", " ", "hunter2", base64.StdEncoding.EncodeToString([]byte("short")), NewSecret() + ",", "x," + NewSecret()} {
		if _, err := ParseSecrets(list); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("ParseSecrets(%q): %v", list, err)
		}
	}
}
