package auth

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"github.com/google/uuid"
)

// A refresh token is base64url(session id, 16 bytes ‖ generation, 4 bytes
// big-endian ‖ HMAC-SHA256 of both, 24 bytes). It proves itself: what is
// stored about a session cannot be redeemed, and a forged token never reaches
// the database.
const (
	refreshBody = 16 + 4
	refreshMAC  = 24
)

// Refresh returns the refresh token of the session's generation. It panics if
// session is not a UUID.
func (k *Keys) Refresh(session string, generation uint32) string {
	id := uuid.MustParse(session)
	body := binary.BigEndian.AppendUint32(id[:], generation)
	return base64.RawURLEncoding.EncodeToString(append(body, sum(k.refresh[0], body)...))
}

// OpenRefresh returns what a refresh token stands for; unauthenticated if it
// was not made by one of our secrets.
func (k *Keys) OpenRefresh(token string) (session string, generation uint32, err error) {
	if len(token) > maxToken {
		return "", 0, refused(errors.New("the refresh token is too long"))
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != refreshBody+refreshMAC {
		return "", 0, refused(errors.New("this is no refresh token"))
	}
	body, mac := raw[:refreshBody], raw[refreshBody:]
	for _, key := range k.refresh {
		if hmac.Equal(mac, sum(key, body)) {
			return uuid.UUID(body[:16]).String(), binary.BigEndian.Uint32(body[16:]), nil
		}
	}
	return "", 0, refused(errors.New("the refresh token was not made here"))
}

func sum(key, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(body)
	return h.Sum(nil)[:refreshMAC]
}
