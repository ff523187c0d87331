package edge

import (
	"context"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// login is what somebody gets who has proved who they are.
type login struct {
	session chat.Session
	access  string
	expires time.Time // of the access token
}

// logIn starts a session for whoever knows the password of the account with this
// name or address. One that nobody bears costs the same time and gets the same
// answer as a wrong password.
func (e *Edge) logIn(ctx context.Context, name, password string) (login, error) {
	// Before the database is asked, which a flood of log-ins would keep busy.
	if err := e.Passwords.Full(); err != nil {
		return login{}, err
	}
	var hash string
	user, stored, err := e.Accounts.Password(ctx, name)
	switch {
	case err == nil:
		hash = stored
	case !isCode(err, chat.NotFound):
		return login{}, err
	}
	// Counted by what was typed, not by whose it is: or a count that goes on
	// under another name would tell that an account has both.
	if err := e.guess(ctx, byName, chat.Fold(name), func() error { return e.Passwords.Check(ctx, password, hash) }); err != nil {
		if isCode(err, chat.WrongCredentials) {
			e.failures.add(user.ID, e.device(ctx))
		}
		return login{}, err
	}
	if err := e.limits.spend(ctx, boundNoted, user.ID); err != nil {
		return login{}, err
	}
	session, subjects, err := e.Accounts.StartSession(ctx, user, e.device(ctx))
	if err != nil {
		return login{}, err
	}
	e.revoke(ctx, events.ReasonTooMany, subjects...)
	return e.issue(session)
}

// refresh redeems a refresh token for the next one and an access token. Reuse
// of an old token ends the session.
func (e *Edge) refresh(ctx context.Context, token string) (login, error) {
	id, generation, err := e.Keys.OpenRefresh(token)
	if err != nil {
		return login{}, err
	}
	session, subjects, err := e.Accounts.RotateSession(ctx, id, generation, e.device(ctx))
	if err != nil {
		e.revoke(ctx, events.ReasonReuse, subjects...)
		return login{}, err
	}
	return e.issue(session)
}

// logOut ends the caller's session everywhere.
func (e *Edge) logOut(ctx context.Context, who chat.Principal) error {
	return e.endSession(ctx, who, who.Session, events.ReasonLogout)
}

// authenticate returns who an access token speaks for. unauthenticated if it
// is not valid or its session has ended; unavailable if nobody can say;
// rate_limited if too many from this address were not valid.
func (e *Edge) authenticate(ctx context.Context, address, token string) (chat.Principal, error) {
	who, err := e.holder(ctx, address, token)
	if err != nil {
		return chat.Principal{}, err
	}
	err = e.sessions.check(ctx, who.Session)
	if isCode(err, chat.Unauthenticated) && auth.IsPersonal(token) { // there is nothing to log in again
		err = chat.Errorf(chat.Unauthenticated, "This token was revoked, or its person's account disabled.")
	}
	if err != nil {
		return chat.Principal{}, err
	}
	return who, nil
}

// holder returns who an access token of a session, or a personal one, was made for.
func (e *Edge) holder(ctx context.Context, address, token string) (chat.Principal, error) {
	if auth.IsPersonal(token) {
		return e.personal.who(ctx, address, token)
	}
	return e.verified.who(token, e.Now(), e.Keys.Verify)
}

// newTicket returns a ticket that stands for who, once, for auth.TicketTime.
func (e *Edge) newTicket(ctx context.Context, who chat.Principal) (string, error) {
	ticket, hash := auth.NewTicket()
	if err := e.Accounts.SaveTicket(ctx, hash, who, e.Now().Add(auth.TicketTime)); err != nil {
		return "", err
	}
	return ticket, nil
}

// takeTicket consumes a ticket and returns who it stands for.
func (e *Edge) takeTicket(ctx context.Context, ticket string) (chat.Principal, error) {
	hash, err := auth.HashTicket(ticket)
	if err != nil {
		return chat.Principal{}, err
	}
	who, err := e.Accounts.TakeTicket(ctx, hash, e.Now())
	if err != nil {
		return chat.Principal{}, err
	}
	if err := e.sessions.check(ctx, who.Session); err != nil {
		return chat.Principal{}, err
	}
	return who, nil
}

// issue makes an access token for the session.
func (e *Edge) issue(s chat.Session) (login, error) {
	access, expires, err := e.Keys.Access(s.User, s.ID)
	return login{session: s, access: access, expires: expires}, err
}
