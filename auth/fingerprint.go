package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// Fingerprint returns a key under which something can be stored that the
// storage must not tell: it can be compared and neither read nor, without the
// operator's secret, guessed. It changes with the first secret.
func (k *Keys) Fingerprint(purpose string, parts ...string) []byte {
	h := hmac.New(sha256.New, k.fingerprint)
	for _, part := range append([]string{purpose}, parts...) {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) // or "ab", "c" would be "a", "bc"
		h.Write([]byte(part))
	}
	return h.Sum(nil)
}
