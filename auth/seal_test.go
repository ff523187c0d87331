package auth

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
)

func TestOnlyWhatWasSealedHereForThePurposeOpens(t *testing.T) {
	older, newer := NewSecret(), NewSecret()
	before, _ := newKeys(t, older)
	during, _ := newKeys(t, newer, older)
	after, _ := newKeys(t, newer)
	sealed := before.Seal("flow", []byte("hello"))
	if again := before.Seal("flow", []byte("hello")); again == sealed || strings.Contains(sealed, base64.RawURLEncoding.EncodeToString([]byte("hello"))) {
		t.Error("what is sealed shows")
	}
	for _, k := range []*Keys{before, during} {
		if plain, err := k.Open("flow", sealed); err != nil || string(plain) != "hello" {
			t.Errorf("%q, %v", plain, err)
		}
	}
	refuses := func(what string, k *Keys, purpose, text string) {
		t.Helper()
		if plain, err := k.Open(purpose, text); err == nil {
			t.Errorf("%s opens: %q", what, plain)
		}
	}
	refuses("what another secret sealed", after, "flow", sealed)
	refuses("what was for another purpose", before, "cookie", sealed)
	for _, text := range []string{"", ".", sealed + "=", sealed[1:], sealed[:len(sealed)-1], strings.Repeat("A", 5000)} {
		refuses("nonsense", before, "flow", text)
	}
	for i := range sealed {
		other := []byte(sealed)
		if other[i]++; other[i] != sealed[i] {
			refuses("a changed byte", before, "flow", string(other))
		}
	}
}

func TestAFingerprintTellsItsPartsApart(t *testing.T) {
	k, _ := newKeys(t)
	other, _ := newKeys(t)
	one := k.Fingerprint("p", "ab", "c")
	if !bytes.Equal(one, k.Fingerprint("p", "ab", "c")) {
		t.Error("it differs from itself")
	}
	for _, text := range [][]byte{k.Fingerprint("p", "a", "bc"), k.Fingerprint("p", "abc"), k.Fingerprint("q", "ab", "c"), other.Fingerprint("p", "ab", "c")} {
		if bytes.Equal(one, text) {
			t.Error("two are equal")
		}
	}
}
