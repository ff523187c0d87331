package auth

import "encoding/base64"

// JWK is a public key with which others verify access tokens (RFC 7517, section
// 4; Ed25519: RFC 8037, section 2).
type JWK struct {
	Type      string `json:"kty" enum:"OKP"`
	Curve     string `json:"crv" enum:"Ed25519"`
	X         string `json:"x" doc:"The key, in base64url"`
	ID        string `json:"kid" doc:"The token's header names it"`
	Algorithm string `json:"alg" enum:"EdDSA"`
	Use       string `json:"use" enum:"sig"`
}

// JWKS returns the public keys of all secrets. The first one's signs.
func (k *Keys) JWKS() []JWK {
	set := make([]JWK, 0, len(k.kids))
	for _, kid := range k.kids {
		x := base64.RawURLEncoding.EncodeToString(k.verify[kid])
		set = append(set, JWK{Type: "OKP", Curve: "Ed25519", X: x, ID: kid, Algorithm: "EdDSA", Use: "sig"})
	}
	return set
}
