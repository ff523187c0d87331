package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// tokenPrefix begins every personal access token, so that people and scanners
// of source code know one when they see it.
const tokenPrefix = "natter_pat_"

const patBytes = 32

// NewPersonal returns a random personal access token, and the hash under which
// it is stored.
func NewPersonal() (token string, hash []byte) {
	var b [patBytes]byte
	rand.Read(b[:])
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(b[:]), ticketHash(b[:])
}

// IsPersonal reports whether a bearer token claims to be a personal access token.
func IsPersonal(token string) bool { return strings.HasPrefix(token, tokenPrefix) }

// HashPersonal returns the hash of a personal access token that somebody shows;
// unauthenticated if it has not the form of one.
func HashPersonal(token string) ([]byte, error) {
	text, ok := strings.CutPrefix(token, tokenPrefix)
	if !ok || len(text) != base64.RawURLEncoding.EncodedLen(patBytes) {
		return nil, refused(errors.New("this is no personal access token"))
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, refused(errors.New("this is no personal access token"))
	}
	return ticketHash(raw), nil
}

const invitationBytes = 24

// NewInvitation returns a random invitation to sign up, and the hash under
// which it is stored.
func NewInvitation() (invitation string, hash []byte) {
	var b [invitationBytes]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:]), invitationHash(b[:])
}

// HashInvitation returns the hash of an invitation that somebody shows; nil if
// it has not the form of one.
func HashInvitation(invitation string) []byte {
	if len(invitation) != base64.RawURLEncoding.EncodedLen(invitationBytes) {
		return nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(invitation)
	if err != nil {
		return nil
	}
	return invitationHash(raw)
}

// invitationHash differs from a ticket's: neither can be shown as the other.
func invitationHash(raw []byte) []byte {
	sum := sha256.Sum256(append([]byte("natter invitation v1:"), raw...))
	return sum[:]
}
