package auth

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

const secretBytes = 32

// Secret is what an operator keeps: all keys are derived from it. It never
// shows in logs.
type Secret struct{ bytes [secretBytes]byte }

// String and LogValue keep the secret out of logs and printed configurations.
func (Secret) String() string       { return "redacted" }
func (Secret) GoString() string     { return "redacted" }
func (Secret) LogValue() slog.Value { return slog.StringValue("redacted") }

// NewSecret returns a fresh secret in the form that ParseSecrets reads.
func NewSecret() string {
	var b [secretBytes]byte
	rand.Read(b[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

// ParseSecrets reads a comma-separated list of base64 secrets, newest first:
// the first signs, all verify. To change the secret, put a new one in front
// everywhere, and drop the old one when the last refresh token made with it
// has been rotated. An error never repeats the text.
func ParseSecrets(list string) ([]Secret, error) {
	if strings.TrimSpace(list) == "" {
		return nil, errors.New("the secret is empty: make one with natter secret")
	}
	var secrets []Secret
	for i, text := range strings.Split(list, ",") {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil || len(raw) != secretBytes {
			return nil, fmt.Errorf("secret %d of the list is not the base64 of %d bytes: make one with natter secret", i+1, secretBytes)
		}
		secrets = append(secrets, Secret{[secretBytes]byte(raw)})
	}
	return secrets, nil
}
