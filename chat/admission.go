package chat

import (
	"time"

	"github.com/natter-chat/natter/events"
)

// SignUpMode says who may make an account.
type SignUpMode string

const (
	ModeOpen       SignUpMode = "open"       // anybody
	ModeInvitation SignUpMode = "invitation" // whoever has an invitation link
	ModeClosed     SignUpMode = "closed"     // nobody
)

// Limits of invitations to sign up.
const (
	MaxSignUpInvitations = 100 // open ones
	MaxInvitationUses    = 100 // of one
	MaxInvitationDays    = 30  // until one expires
)

// Admission is what decides whether somebody may make an account. Whatever the
// mode is, the owner's address may and, where none is named, the first account.
type Admission struct {
	Mode       SignUpMode // "" is open
	Owner      string     // the address whose account is made the owner's, or ""
	Invitation []byte     // the hash of the invitation that is shown, or nil
}

// NamesOwner reports whether the operator named the owner.
func (a *Admission) NamesOwner() bool { return a != nil && a.Owner != "" }

// NewInvitation is what an invitation to sign up is made from.
type NewInvitation struct {
	Hash  []byte // what is stored of it
	Uses  int
	Lasts time.Duration
}

// SignUpInvitation is a line of the list of open invitations to sign up.
type SignUpInvitation struct {
	ID       string        `json:"id"`
	By       events.Person `json:"by" doc:"Who made it"`
	Created  time.Time     `json:"created"`
	Expires  time.Time     `json:"expires"`
	UsesLeft int           `json:"uses_left"`
}
