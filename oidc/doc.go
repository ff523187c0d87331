// Package oidc asks an OpenID provider who somebody is: the authorization code
// flow of OpenID Connect Core 1.0 with PKCE (RFC 7636, S256), state and nonce, as
// RFC 9700 asks for.
//
// Start returns where to send the browser, and a Flow; whoever calls keeps the
// Flow in that browser, where nobody can read or change it, and gives it back to
// Finish with the query that the provider sent the browser back with. The package
// itself keeps nothing about who signs in, so that any process with the same
// configuration can finish what another has started.
//
// The provider's configuration is read when it is first needed, and again until
// that works: a provider that is down holds up nobody's start. Every wait is
// bounded by the context and by Timeout for each request.
//
// Errors are *chat.Error: unavailable (the provider cannot be reached),
// unauthenticated (what came back proves nothing), forbidden (the person or the
// provider said no).
package oidc
