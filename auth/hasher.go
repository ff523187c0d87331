package auth

import (
	"context"

	"github.com/alexedwards/argon2id"
)

// The price of one hash (OWASP's second choice for argon2id): 19 MiB, two
// passes, one lane. It is also what an attacker makes us pay, which is why
// Passwords bounds how many are computed and wait at once.
const (
	hashMemory = 19 << 10 // KiB
	hashPasses = 2
	hashLanes  = 1
)

// Hasher computes what Passwords bounds.
type Hasher interface {
	Hash(ctx context.Context, password string) (string, error)
	Matches(ctx context.Context, password, hash string) (bool, error)
}

// Here computes in this process, in the caller's goroutine.
type Here struct{}

func (Here) Hash(_ context.Context, password string) (string, error) {
	return argon2id.CreateHash(password, &argon2id.Params{Memory: hashMemory, Iterations: hashPasses, Parallelism: hashLanes, SaltLength: 16, KeyLength: 32})
}

func (Here) Matches(_ context.Context, password, hash string) (bool, error) {
	return argon2id.ComparePasswordAndHash(password, hash)
}
