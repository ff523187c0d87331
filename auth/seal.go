package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"errors"
)

// A sealed text is base64url(AES-256-GCM with a random nonce). The purpose is
// authenticated with it: what was sealed for one purpose does not open for
// another.

// newSeal returns the cipher of a secret.
func newSeal(s Secret) (cipher.AEAD, error) {
	key, err := derive(s, "natter seal v1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Seal returns plain in a form that only who has the secret can read or make.
func (k *Keys) Seal(purpose string, plain []byte) string {
	return base64.RawURLEncoding.EncodeToString(k.seals[0].Seal(nil, nil, plain, []byte(purpose)))
}

// Open returns what was sealed for the purpose under any of the secrets;
// unauthenticated for anything else.
func (k *Keys) Open(purpose, sealed string) ([]byte, error) {
	if len(sealed) > maxToken {
		return nil, refused(errors.New("the sealed text is too long"))
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return nil, refused(errors.New("this was not sealed"))
	}
	for _, seal := range k.seals {
		if plain, err := seal.Open(nil, nil, raw, []byte(purpose)); err == nil {
			return plain, nil
		}
	}
	return nil, refused(errors.New("this was not sealed here"))
}
