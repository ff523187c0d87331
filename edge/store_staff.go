package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Staff is what moderators and owners may know and decide about people. Who
// has not the role at that moment gets not_found.
type Staff interface {
	// RoleOf returns what the user may do; not_found for whoever is disabled.
	RoleOf(ctx context.Context, user string) (chat.Role, error)
	// SetRole: conflict if no owner would be left.
	SetRole(ctx context.Context, by events.Person, user string, role chat.Role, on chat.Device) (subject string, err error)
	// Disable ends all sessions and suspends all tokens of the user; ended are
	// the ids of both. conflict for the last owner.
	Disable(ctx context.Context, by events.Person, user string, on chat.Device) (ended, subjects []string, err error)
	// Enable takes Disable back, the sessions apart; restored are the ids of tokens.
	Enable(ctx context.Context, by events.Person, user string, on chat.Device) (restored, subjects []string, err error)
	// People returns a page of all people, by name. It does not ask who asks.
	People(ctx context.Context, q chat.PeopleQuery) ([]chat.KnownPerson, error)
}

// Invitations are the links by which people may sign up.
type Invitations interface {
	MakeInvitation(ctx context.Context, by events.Person, n chat.NewInvitation, on chat.Device) (i chat.SignUpInvitation, subject string, err error)
	// Invitations returns the open ones, newest first. It does not ask who asks.
	Invitations(ctx context.Context) ([]chat.SignUpInvitation, error)
	// SignUpAllowed reports whether somebody with this address may begin to sign
	// up: nil, signup_closed or bad_invitation. It uses nothing up.
	SignUpAllowed(ctx context.Context, email string, a chat.Admission) error
	EndInvitation(ctx context.Context, by events.Person, invitation string, on chat.Device) (subject string, err error)
}

// Tokens are personal access tokens.
type Tokens interface {
	// MakeToken: wrong_credentials if n.PasswordHash is not the user's any more;
	// forbidden if it is "" and the session is not younger than chat.FreshLogin.
	MakeToken(ctx context.Context, user events.Person, n chat.NewAccessToken, on chat.Device) (t chat.AccessToken, subject string, err error)
	// Tokens returns the user's, newest first.
	Tokens(ctx context.Context, user string) ([]chat.AccessToken, error)
	// EndToken: not_found for a token that is not the user's.
	EndToken(ctx context.Context, user events.Person, token string, on chat.Device) (subjects []string, err error)
	// TokenHolder returns who acts with the token of this hash; unauthenticated
	// if it has ended, has expired, is suspended or never was.
	TokenHolder(ctx context.Context, hash []byte) (chat.Principal, error)
	// TokensUsed notes that the tokens are being used.
	TokensUsed(ctx context.Context, tokens []string) error
}
