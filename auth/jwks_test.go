package auth

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// outsider verifies tokens as another service would, which has nothing but the
// document (RFC 7517).
func outsider(t *testing.T, document []byte) func(token string) error {
	t.Helper()
	var set []struct{ Kty, Crv, X, Kid, Alg, Use string }
	if err := json.Unmarshal(document, &set); err != nil {
		t.Fatal(err)
	}
	keys := map[string]ed25519.PublicKey{}
	for _, k := range set {
		x, err := base64.RawURLEncoding.Strict().DecodeString(k.X)
		if err != nil || k.Kty != "OKP" || k.Crv != "Ed25519" || k.Alg != "EdDSA" || k.Use != "sig" || len(x) != ed25519.PublicKeySize {
			t.Fatalf("%+v: %v", k, err)
		}
		keys[k.Kid] = x
	}
	return func(token string) error {
		_, err := jwt.Parse(token, func(t *jwt.Token) (any, error) {
			if key, ok := keys[t.Header["kid"].(string)]; ok {
				return key, nil
			}
			return nil, errors.New("no such key")
		}, jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithIssuer("natter"), jwt.WithAudience("natter"), jwt.WithoutClaimsValidation())
		return err
	}
}

func TestOthersVerifyTokensWithThePublishedKeysAlone(t *testing.T) {
	older, newer := NewSecret(), NewSecret()
	before, _ := newKeys(t, older)
	during, _ := newKeys(t, newer, older)
	document, err := json.Marshal(during.JWKS())
	if err != nil {
		t.Fatal(err)
	}
	verify := outsider(t, document)
	for name, k := range map[string]*Keys{"the older secret's": before, "the newer secret's": during} {
		token, _, _ := k.Access(ada, session)
		if err := verify(token); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := verify(token[:len(token)-4] + "AAAA"); err == nil {
			t.Errorf("%s, changed, passes", name)
		}
	}
	stranger, _ := newKeys(t)
	token, _, _ := stranger.Access(ada, session)
	if err := verify(token); err == nil {
		t.Error("another secret's passes")
	}
	if during.JWKS()[0].ID != during.kid || len(during.JWKS()) != 2 {
		t.Errorf("the first of %+v does not sign", during.JWKS())
	}
}

func TestThePublishedKeysHoldNoSecret(t *testing.T) {
	k, _ := newKeys(t)
	document, _ := json.Marshal(k.JWKS())
	for _, secret := range [][]byte{k.signer.Seed(), k.refresh[0]} {
		for _, form := range []*base64.Encoding{base64.RawURLEncoding, base64.RawStdEncoding} {
			if strings.Contains(string(document), form.EncodeToString(secret)) {
				t.Errorf("a secret is in %s", document)
			}
		}
	}
}
