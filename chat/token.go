package chat

import (
	"slices"
	"time"
	"unicode/utf8"
)

// Limits of personal access tokens.
const (
	MaxTokens    = 50  // of one person
	MaxTokenName = 64  // runes
	MaxTokenDays = 366 // until one expires that does

	// FreshLogin is how young a session must be to make a token of an account
	// without a password, whose holder has nothing else to prove it with.
	FreshLogin = 10 * time.Minute
)

// NewAccessToken is what a personal access token is made from.
type NewAccessToken struct {
	Name   string
	Scopes []Scope
	Hash   []byte        // what is stored of it
	Lasts  time.Duration // 0: until it is revoked

	Session      string // of whoever asks for it
	PasswordHash string // theirs, which was checked; "" for an account without one
}

// AccessToken is a line of a person's list of personal access tokens.
type AccessToken struct {
	ID      string     `json:"id"`
	Name    string     `json:"name"`
	Scopes  []Scope    `json:"scopes" nullable:"false" enum:"read,write,admin"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty" doc:"Absent: never"`
	Used    *time.Time `json:"used,omitempty" doc:"When it was last used, to the minute; absent: never"`
}

// IsToken reports whether a program acts, with a personal access token.
func (p Principal) IsToken() bool { return p.Scopes != nil }

// May reports whether the principal's token includes the scope; a session
// includes all, and "" is included in all.
func (p Principal) May(scope Scope) bool {
	return !p.IsToken() || scope == "" || slices.Contains(p.Scopes, scope)
}

// Expired reports whether the principal's token has ended at the time now.
func (p Principal) Expired(now time.Time) bool {
	return !p.Expires.IsZero() && !now.Before(p.Expires)
}

// CheckTokenName reports whether name can be a personal access token's.
func CheckTokenName(name string) error {
	if CheckRoomName(name) != nil || utf8.RuneCountInString(name) > MaxTokenName {
		return &Error{Code: BadName, Field: "name", Detail: "A token's name has 1 to 64 visible characters, with single spaces between words."}
	}
	return nil
}

// CheckScopes returns the scopes, each once and in the order of their weight.
func CheckScopes(scopes []Scope) ([]Scope, error) {
	var sorted []Scope
	known := []Scope{ScopeRead, ScopeWrite, ScopeAdmin}
	for _, scope := range known {
		if slices.Contains(scopes, scope) {
			sorted = append(sorted, scope)
		}
	}
	for _, scope := range scopes {
		if !slices.Contains(known, scope) {
			return nil, &Error{Code: BadRequest, Field: "scopes", Detail: "A scope is read, write or admin."}
		}
	}
	if len(sorted) == 0 {
		return nil, &Error{Code: BadRequest, Field: "scopes", Detail: "A token needs a scope: read, write or admin."}
	}
	return sorted, nil
}
