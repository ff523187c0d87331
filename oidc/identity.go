package oidc

import (
	"context"
	"crypto/subtle"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/natter-chat/natter/chat"
)

// claims are what natter wants to know; providers put them into the ID token,
// the answer of the UserInfo endpoint, or both.
type claims struct {
	Azp       string `json:"azp"`
	Email     string `json:"email"`
	Verified  yes    `json:"email_verified"`
	Preferred string `json:"preferred_username"`
	Nickname  string `json:"nickname"`
	Name      string `json:"name"`
}

// yes is a boolean that some providers send as text.
type yes bool

// UnmarshalJSON takes true and "true" for true, and everything else for false.
func (y *yes) UnmarshalJSON(raw []byte) error {
	*y = strings.Trim(string(raw), `"`) == "true"
	return nil
}

// identity checks what the library leaves to its user, and asks for the claims
// that the ID token does not hold.
func (at *endpoints) identity(ctx context.Context, client string, f Flow, id *oidc.IDToken, token *oauth2.Token) (chat.Identity, error) {
	var c claims
	if err := id.Claims(&c); err != nil {
		return chat.Identity{}, unproven("the claims: " + err.Error())
	}
	switch {
	case subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.Nonce)) != 1:
		return chat.Identity{}, unproven("the nonce is another")
	case len(id.Audience) > 1 && c.Azp != client, c.Azp != "" && c.Azp != client:
		return chat.Identity{}, unproven("the token was made for somebody else") // Core 1.0, section 3.1.3.7
	case id.Subject == "" || len(id.Subject) > 255 || strings.ContainsFunc(id.Subject, func(r rune) bool { return r < ' ' || r > '~' }):
		return chat.Identity{}, unproven("the subject is none") // section 2: at most 255 ASCII characters
	}
	who := chat.Identity{Issuer: id.Issuer, Subject: id.Subject, Names: c.names()}
	if c.Email == "" {
		info, err := at.ask(ctx, id.Subject, token)
		if err != nil {
			return chat.Identity{}, err
		}
		c.Email, c.Verified = info.Email, info.Verified // together: neither source vouches for the other's address
		who.Names = append(who.Names, info.names()...)
	}
	who.Email = c.address()
	return who, nil
}

// ask reads the claims at the UserInfo endpoint, if there is one. Its answer counts
// only if it is about the same person (section 5.3.2).
func (at *endpoints) ask(ctx context.Context, subject string, token *oauth2.Token) (c claims, err error) {
	if at.provider.UserInfoEndpoint() == "" {
		return c, nil
	}
	info, err := at.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return c, unreachable(err)
	}
	if info.Subject != subject {
		return c, unproven("the claims are about somebody else")
	}
	if err := info.Claims(&c); err != nil {
		return c, unproven("the claims: " + err.Error())
	}
	return c, nil
}

// address returns the address, if it is one that natter itself would take and
// the provider has verified. Addresses are compared folded: one with letters
// beyond ASCII could be compared as somebody else's.
func (c claims) address() string {
	if !c.Verified || chat.CheckEmail(c.Email) != nil {
		return ""
	}
	return c.Email
}

// names returns what somebody might be called here, best first.
func (c claims) names() []string {
	local, _, _ := strings.Cut(c.Email, "@")
	names := []string{c.Preferred, c.Nickname, c.Name, local}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" || len(name) > 200 })
}
