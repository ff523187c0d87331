package edge

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/natter-chat/natter/auth"
)

// keysAge is how long others may keep the list of keys. Whoever rotates keys
// waits longer before a new one signs: see docs/operations.md.
const keysAge = 5 * time.Minute

// KeySet is a JSON Web Key Set (RFC 7517, section 5).
type KeySet struct {
	Keys []auth.JWK `json:"keys" nullable:"false"`
}

type keysAnswer struct {
	CacheControl string `header:"Cache-Control"`
	Body         KeySet
}

func (e *Edge) keyRoutes(a *api) {
	answer := &keysAnswer{fmt.Sprintf("public, max-age=%d", int(keysAge/time.Second)), KeySet{e.Keys.JWKS()}}
	add(a, op("keys", http.MethodGet, "/.well-known/jwks.json", "The keys with which other services verify access tokens", "Accounts", forAll),
		func(context.Context, *nothing) (*keysAnswer, error) { return answer, nil })
}
