package auth

import (
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/natter-chat/natter/chat"
)

// Keys signs with the newest secret and verifies with all of them. Its methods
// may be called concurrently.
type Keys struct {
	now         func() time.Time
	signer      ed25519.PrivateKey
	kid         string
	verify      map[string]ed25519.PublicKey // by kid; never changes
	kids        []string                     // the keys of verify, newest first
	refresh     [][]byte                     // HMAC keys, newest first
	codes       [][]byte                     // HMAC keys, newest first
	fingerprint []byte
	seals       []cipher.AEAD // newest first
	parser      *jwt.Parser
}

// NewKeys derives all keys from the secrets, newest first. now may be nil.
func NewKeys(secrets []Secret, now func() time.Time) (*Keys, error) {
	if len(secrets) == 0 {
		return nil, errors.New("no secret to derive keys from")
	}
	if now == nil {
		now = time.Now
	}
	k := &Keys{now: now, verify: map[string]ed25519.PublicKey{}, parser: newParser(now)}
	var err error
	if k.fingerprint, err = derive(secrets[0], "natter fingerprint v1", sha256.Size); err != nil {
		return nil, err
	}
	for i, s := range secrets {
		seed, err := derive(s, "natter access token v1", ed25519.SeedSize)
		if err != nil {
			return nil, err
		}
		mac, err := derive(s, "natter refresh token v1", sha256.Size)
		if err != nil {
			return nil, err
		}
		code, err := derive(s, "natter mailed code v1", sha256.Size)
		if err != nil {
			return nil, err
		}
		seal, err := newSeal(s)
		if err != nil {
			return nil, err
		}
		k.seals = append(k.seals, seal)
		private := ed25519.NewKeyFromSeed(seed)
		public := private.Public().(ed25519.PublicKey)
		k.verify[keyID(public)] = public
		k.kids = append(k.kids, keyID(public))
		k.refresh = append(k.refresh, mac)
		k.codes = append(k.codes, code)
		if i == 0 {
			k.signer, k.kid = private, keyID(public)
		}
	}
	return k, nil
}

// derive makes the key for one purpose (HKDF, RFC 5869).
func derive(s Secret, purpose string, length int) ([]byte, error) {
	key, err := hkdf.Key(sha256.New, s.bytes[:], nil, purpose, length)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	return key, nil
}

// keyID names a public key: the first 8 bytes of its SHA-256, in hex.
func keyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}

// refused is what every bad token gets; the cause is for the operator.
func refused(cause error) error {
	return &chat.Error{Code: chat.Unauthenticated, Detail: "This token is not valid, or no longer: log in, or refresh it.", Cause: cause}
}
