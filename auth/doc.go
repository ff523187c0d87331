// Package auth makes and checks what proves who somebody is: access tokens,
// refresh tokens, tickets and passwords. It stores nothing and asks nobody: an
// edge verifies a token by itself.
//
// Keys come from one operator's secret (ParseSecrets, NewKeys), so that every
// edge with the same secret understands every other's tokens. Passwords bounds
// how much memory and processor time hashing may take (NewPasswords).
//
// Errors are *chat.Error: unauthenticated, wrong_credentials, rate_limited.
package auth
