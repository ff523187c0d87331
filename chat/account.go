package chat

import (
	"slices"
	"time"

	"github.com/natter-chat/natter/events"
)

// Role is what somebody may do besides chatting. Each includes those after it.
type Role string

const (
	Owner     Role = "owner"     // everything, for everybody; there is always one
	Moderator Role = "moderator" // invites people, and disables members
	Plain     Role = "member"    // looks after their own account
)

// May reports whether r includes what role may do.
func (r Role) May(role Role) bool {
	order := []Role{Plain, Moderator, Owner}
	return slices.Index(order, r) >= slices.Index(order, role)
}

// Scope is a part of what a person may do, for the programs that act for them.
type Scope string

const (
	ScopeRead  Scope = "read"  // rooms, messages and notifications
	ScopeWrite Scope = "write" // post, make, join and leave rooms, mark as read
	ScopeAdmin Scope = "admin" // what the person's role allows, such as disabling somebody
)

// Device is what is known about where a request comes from.
type Device struct {
	Name    string // such as "Firefox on Linux"; at most 100 bytes
	Address string // the client's address, "" if it is not known
}

// NewAccount is what an account is made from.
type NewAccount struct {
	Name         string
	Email        string // verified; "" for people that tests and load tools make
	PasswordHash string // "" for somebody who signs in elsewhere
	Role         Role   // "" is Plain; the first account is the owner whatever it says

	Admission *Admission // decides whether it may be made; see sql's SignUp and signUp for nil
}

// Holder is whose address it is.
type Holder struct {
	User     events.Person
	Email    string // as its holder has verified it: mails go there, not to what somebody typed
	Disabled bool
}

// Account is what its owner sees of an account.
type Account struct {
	Email       string    `json:"email,omitempty"`
	Role        Role      `json:"role" enum:"owner,moderator,member"`
	HasPassword bool      `json:"has_password" doc:"False for somebody who only signs in elsewhere"`
	Created     time.Time `json:"created"`
}

// OpenSession is a line of a person's list of sessions.
type OpenSession struct {
	ID      string    `json:"id"`
	Device  string    `json:"device" doc:"Such as Firefox on Linux"`
	Address string    `json:"address" doc:"From where it was last refreshed"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen" doc:"When it was last refreshed, at most five minutes before it was last used"`
}
