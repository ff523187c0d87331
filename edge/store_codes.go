package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Codes are mailed codes and what they are for. What they count holds for all
// edges together. A code that does not fit, or no longer, is wrong_code. See
// Accounts for errors, subjects and ended sessions.
type Codes interface {
	// StartFlow stores a code; rate_limited, with how long to wait, if its
	// address had too many. It does the same whether the address has an account
	// or not.
	StartFlow(ctx context.Context, f chat.Flow) error
	// ResendCode replaces a flow's code; rate_limited, with how long to wait,
	// if there were enough or the last one is too young.
	ResendCode(ctx context.Context, flow string, hash []byte) (chat.Flow, error)
	// GuessCode counts a guess, then returns the flow that its hash is
	// compared with; ReturnGuess takes a right one back that led to nothing.
	GuessCode(ctx context.Context, flow string, purpose chat.Purpose, user string) (chat.Flow, error)
	ReturnGuess(ctx context.Context, f chat.Flow) error
	// SignUpWith, ResetPassword and ChangeEmail use the flow's code up, in
	// the transaction that does what it is for.
	SignUpWith(ctx context.Context, f chat.Flow, a chat.NewAccount, on chat.Device) (s chat.Session, subjects []string, err error)
	ResetPassword(ctx context.Context, f chat.Flow, hash string, on chat.Device) (s chat.Session, subjects []string, err error)
	ChangeEmail(ctx context.Context, f chat.Flow, by events.Person, on chat.Device) (a chat.Account, before string, subjects []string, err error)
	// ChangePassword replaces the hash old and ends all sessions but keep;
	// wrong_credentials if old is no longer the hash.
	ChangePassword(ctx context.Context, user events.Person, keep, old, hash string, on chat.Device) (subjects []string, err error)
	// PasswordOf returns the hash of the user's password, "" if there is none.
	PasswordOf(ctx context.Context, user string) (string, error)
	// HolderOf returns who has the address; not_found if nobody has.
	HolderOf(ctx context.Context, email string) (chat.Holder, error)
	// Account returns what its owner sees of an account.
	Account(ctx context.Context, user string) (chat.Account, error)
	// Note writes down what changed nothing, such as that a reset was asked for.
	Note(ctx context.Context, by events.Person, user, kind string, on chat.Device) (subject string, err error)
	// NameOwner makes the account with that address the owner's, if there is one.
	NameOwner(ctx context.Context, email string) (subject string, err error)
	// NobodyYet reports whether there is no account at all.
	NobodyYet(ctx context.Context) (bool, error)
}

// Mail takes a mail to its address. It returns when somebody else has it. An
// error with a method Permanent that says so is not tried again.
type Mail interface {
	Send(ctx context.Context, m chat.Mail) error
}
