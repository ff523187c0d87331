package edge

import (
	"context"
	"time"

	"github.com/natter-chat/natter/chat"
)

const (
	// guessWindow is the time in which wrong passwords are counted.
	guessWindow = 15 * time.Minute
	// guessSpread is how many times more wrong passwords an account takes from
	// all addresses than from one. It makes locking somebody out of their own
	// account by wrong passwords dear; whoever is locked out keeps their sessions
	// and can set a new password by mail. Ten times ten is the hundred failures
	// that NIST SP 800-63B-4, section 3.2.2, allows an account: here in each
	// window, and for its name, its address and its own person apart.
	guessSpread = 10
	// giveBackTime bounds how long a right password waits to be uncounted.
	giveBackTime = 2 * time.Second
)

// guessBy is how an account was named whose password is guessed. They are
// counted apart, or a stranger who types somebody's id as a name would spend
// the guesses of whoever is logged in.
type guessBy string

const (
	byName guessBy = "name"
	byID   guessBy = "id"
)

// guess runs check, which looks at a password of account, within the bounds that
// all edges keep together. The guess is counted before it is looked at, because
// many come at once, and given back unless the password was wrong. account
// is, for byID, a user's id and, for byName, the name that a stranger typed, in
// the form in which names are compared.
func (e *Edge) guess(ctx context.Context, by guessBy, account string, check func() error) error {
	if e.cfg.WrongPasswords <= 0 {
		return check()
	}
	from := ""
	if r := requestOf(ctx); r != nil {
		from = e.clientAddress(r)
	}
	// The narrow one first: what it refuses must not count against the wide one,
	// or a single address could lock the account for everybody.
	narrow := e.Keys.Fingerprint("password of an account from an address", string(by), account, from)
	wide := e.Keys.Fingerprint("password of an account", string(by), account)
	one, err := e.attempt(ctx, "account", narrow, e.cfg.WrongPasswords)
	if err != nil {
		return err
	}
	all, err := e.attempt(ctx, "account-anywhere", wide, e.cfg.WrongPasswords*guessSpread)
	if err != nil {
		e.uncount(ctx, narrow, one)
		return err
	}
	if err = check(); !isCode(err, chat.WrongCredentials) {
		e.uncount(ctx, narrow, one)
		e.uncount(ctx, wide, all)
	}
	return err
}

// attempt counts one; rate_limited if there were most.
func (e *Edge) attempt(ctx context.Context, name string, key []byte, most int) (chat.Attempt, error) {
	a, err := e.Attempts.TakeAttempt(ctx, key, most, guessWindow)
	if err != nil {
		return a, err
	}
	allowance{name: name, most: most, window: guessWindow, left: a.Left, wait: a.Wait, granted: a.Granted}.tell(ctx)
	if !a.Granted {
		return a, &chat.Error{Code: chat.RateLimited, RetryAfter: max(a.Wait, time.Second),
			Detail: "Too many wrong passwords for this account. Wait, or set a new password by mail."}
	}
	return a, nil
}

// uncount uncounts what was no guess. If it cannot, the window's end does.
func (e *Edge) uncount(ctx context.Context, key []byte, a chat.Attempt) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), giveBackTime)
	defer cancel()
	if err := e.Attempts.GiveBackAttempt(ctx, key, a.Resets); err != nil {
		e.Logger.WarnContext(ctx, "what was nothing to count stays counted", "trace", traceID(ctx), "error", err)
	}
}
