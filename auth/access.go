package auth

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

const (
	// AccessTime is how long an access token lives. Revocations must be
	// remembered for as long.
	AccessTime = 5 * time.Minute

	// maxToken bounds what is parsed at all.
	maxToken = 4 << 10

	issuer    = "natter"
	audience  = "natter"
	tokenType = "at+jwt" // RFC 9068, section 2.1: an access token, and nothing else
)

// claims is the payload of an access token.
type claims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
	Name    string `json:"name"`
}

// Access returns a signed access token of the session and when it ends.
func (k *Keys) Access(user events.Person, session string) (token string, expires time.Time, err error) {
	now := k.now()
	expires = now.Add(AccessTime).Truncate(time.Second)
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Audience: jwt.ClaimStrings{audience}, Subject: user.ID,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires), ID: chat.NewID(),
		},
		Session: session, Name: user.Name,
	})
	t.Header["typ"], t.Header["kid"] = tokenType, k.kid
	token, err = t.SignedString(k.signer)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sign an access token: %w", err)
	}
	return token, expires, nil
}

// Verify returns who a token speaks for. It does not know whether the session
// was revoked meanwhile. Every refusal is unauthenticated.
func (k *Keys) Verify(token string) (chat.Principal, error) {
	if len(token) > maxToken {
		return chat.Principal{}, refused(errors.New("the token is too long"))
	}
	var c claims
	if _, err := k.parser.ParseWithClaims(token, &c, k.key); err != nil {
		return chat.Principal{}, refused(err)
	}
	if !events.IsID(c.Subject) || !events.IsID(c.Session) || c.Name == "" {
		return chat.Principal{}, refused(errors.New("a claim is missing"))
	}
	return chat.Principal{User: events.Person{ID: c.Subject, Name: c.Name}, Session: c.Session, Expires: c.ExpiresAt.Time}, nil
}

// newParser returns a parser that checks all that golang-jwt leaves optional:
// without these options a token needs no exp, and may name its own algorithm.
func newParser(now func() time.Time) *jwt.Parser {
	return jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(now),
	)
}

// key chooses the public key that the token names, if it is one of ours.
func (k *Keys) key(t *jwt.Token) (any, error) {
	if typ, _ := t.Header["typ"].(string); typ != tokenType {
		return nil, errors.New("this is no access token")
	}
	kid, _ := t.Header["kid"].(string)
	public, ok := k.verify[kid]
	if !ok {
		return nil, errors.New("no such key")
	}
	return public, nil
}
