package edge

import (
	"context"
	"strings"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// startSignUp mails a code with which the account can be made. Whether the
// address has an account does not show; whether the name is taken is told to
// whoever has proved the address.
func (e *Edge) startSignUp(ctx context.Context, name, email, password, invitation string) (chat.Flow, error) {
	if err := chat.CheckUserName(name); err != nil {
		return chat.Flow{}, err
	}
	if err := chat.CheckEmail(email); err != nil {
		return chat.Flow{}, err
	}
	invited, err := e.admits(ctx, email, invitation)
	if err != nil {
		return chat.Flow{}, err
	}
	hash, err := e.Passwords.Hash(ctx, password)
	if err != nil {
		return chat.Flow{}, err
	}
	return e.mailCode(ctx, chat.Flow{Purpose: chat.ForSignUp, Email: email, Invitation: invited,
		Account: chat.NewAccount{Name: name, Email: email, PasswordHash: hash}})
}

// verifySignUp makes the account that the flow describes, whose owner joins the
// lobby, and logs it in. name, unless it is "", replaces one that was taken.
func (e *Edge) verifySignUp(ctx context.Context, flow, code, name string) (login, error) {
	if name != "" {
		if err := chat.CheckUserName(name); err != nil {
			return login{}, err
		}
	}
	f, err := e.checkCode(ctx, flow, code, chat.ForSignUp, "")
	if err != nil {
		return login{}, err
	}
	a := f.Account
	if name != "" {
		a.Name = name
	}
	admission := e.admission(f.Invitation)
	a.Admission = &admission
	session, subjects, err := e.Codes.SignUpWith(ctx, f, a, e.device(ctx))
	if err != nil {
		e.giveBack(ctx, f)
		return login{}, err
	}
	e.flush(ctx, subjects...)
	return e.issue(session)
}

// forgotPassword mails a code to whoever has the address, if somebody has.
func (e *Edge) forgotPassword(ctx context.Context, email string) (chat.Flow, error) {
	if err := chat.CheckEmail(email); err != nil {
		return chat.Flow{}, err
	}
	return e.mailCode(ctx, chat.Flow{Purpose: chat.ForReset, Email: email})
}

// resetPassword sets a new password with a mailed code. It ends all sessions
// and starts one.
func (e *Edge) resetPassword(ctx context.Context, flow, code, password string) (login, error) {
	if err := chat.CheckPassword(password); err != nil {
		return login{}, err
	}
	f, err := e.checkCode(ctx, flow, code, chat.ForReset, "")
	if err != nil {
		return login{}, err
	}
	hash, err := e.Passwords.Hash(ctx, password)
	if err != nil {
		e.giveBack(ctx, f)
		return login{}, err
	}
	session, subjects, err := e.Codes.ResetPassword(ctx, f, hash, e.device(ctx))
	if err != nil {
		e.giveBack(ctx, f)
		return login{}, err
	}
	e.revoke(ctx, events.ReasonPassword, subjects...)
	e.tellHolder(ctx, session.User.ID)
	return e.issue(session)
}

// changePassword replaces the password of whoever knows it, and ends all their
// other sessions.
func (e *Edge) changePassword(ctx context.Context, who chat.Principal, old, password string) error {
	if err := chat.CheckPassword(password); err != nil {
		return err
	}
	stored, err := e.knows(ctx, who, old, "old_password")
	if err != nil {
		return err
	}
	hash, err := e.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	subjects, err := e.Codes.ChangePassword(ctx, who.User, who.Session, stored, hash, e.device(ctx))
	if err != nil {
		return err
	}
	e.revoke(ctx, events.ReasonPassword, subjects...)
	e.tellHolder(ctx, who.User.ID)
	return nil
}

// knows checks somebody's password and returns its hash; wrong_credentials in
// field.
func (e *Edge) knows(ctx context.Context, who chat.Principal, password, field string) (stored string, err error) {
	if stored, err = e.Codes.PasswordOf(ctx, who.User.ID); err != nil {
		return "", err
	}
	return stored, e.matches(ctx, who, password, stored, field)
}

// knowsIfAny is knows for what somebody without a password may do, too: for them
// it returns "".
func (e *Edge) knowsIfAny(ctx context.Context, who chat.Principal, password string) (stored string, err error) {
	if stored, err = e.Codes.PasswordOf(ctx, who.User.ID); err != nil || stored == "" {
		return "", err
	}
	return stored, e.matches(ctx, who, password, stored, "password")
}

func (e *Edge) matches(ctx context.Context, who chat.Principal, password, stored, field string) error {
	err := e.guess(ctx, byID, who.User.ID, func() error { return e.Passwords.Check(ctx, password, stored) })
	if isCode(err, chat.WrongCredentials) {
		e.failures.add(who.User.ID, e.device(ctx))
		return &chat.Error{Code: chat.WrongCredentials, Field: field, Detail: "The password is wrong."}
	}
	return err
}

// tellHolder mails somebody that their password was changed.
func (e *Edge) tellHolder(ctx context.Context, user string) {
	a, err := e.Codes.Account(ctx, user)
	if err != nil {
		e.Logger.WarnContext(ctx, "nobody was told of a new password", "user", user, "error", err)
		return
	}
	e.tell(ctx, "password_changed", passwordLetter(), a.Email)
}

// startEmail mails a code to an address that somebody wants to use. Whether
// another account has it does not show.
func (e *Edge) startEmail(ctx context.Context, who chat.Principal, password, email string) (chat.Flow, error) {
	if err := chat.CheckEmail(email); err != nil {
		return chat.Flow{}, err
	}
	if _, err := e.knows(ctx, who, password, "password"); err != nil {
		return chat.Flow{}, err
	}
	return e.mailCode(ctx, chat.Flow{Purpose: chat.ForEmail, Email: email, User: who.User.ID})
}

// verifyEmail makes the address somebody's, and tells the one they had before.
func (e *Edge) verifyEmail(ctx context.Context, who chat.Principal, flow, code string) (chat.Account, error) {
	f, err := e.checkCode(ctx, flow, code, chat.ForEmail, who.User.ID)
	if err != nil {
		return chat.Account{}, err
	}
	a, before, subjects, err := e.Codes.ChangeEmail(ctx, f, who.User, e.device(ctx))
	if err != nil {
		e.giveBack(ctx, f)
		return chat.Account{}, err
	}
	e.flush(ctx, subjects...)
	if !strings.EqualFold(before, a.Email) {
		e.tell(ctx, "email_changed", movedLetter(), before)
	}
	return a, nil
}
