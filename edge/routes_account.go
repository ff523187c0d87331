package edge

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/natter-chat/natter/chat"
)

// Entrance is what somebody needs to know who has no session.
type Entrance struct {
	SignUp  chat.SignUpMode `json:"signup" enum:"open,invitation,closed" doc:"Who may sign up"`
	First   bool            `json:"first" doc:"Nobody has an account yet: whoever signs up first is the owner"`
	OIDC    []OIDCProvider  `json:"oidc" nullable:"false" doc:"Where else one may sign in"`
	Mailbox string          `json:"mailbox" doc:"In development: where mails are shown"`
}

// OIDCProvider is somebody who vouches for people.
type OIDCProvider struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Flow is what a client holds on to until the mailed code comes back.
type Flow struct {
	Flow     string `json:"flow" doc:"Send it back with the code"`
	Expires  int    `json:"expires_in" doc:"Seconds for which the code is valid"`
	ResendIn int    `json:"resend_in" doc:"Seconds until another code may be asked for"`
}

type (
	entranceAnswer struct{ Body Entrance }
	flowAnswer     struct{ Body Flow }
	accountAnswer  struct{ Body chat.Account }
	newcomer       struct {
		Body struct {
			Name       string `json:"name" minLength:"1" maxLength:"200" doc:"2 to 32 letters or digits, with single . _ - between them"`
			Email      string `json:"email" minLength:"1" maxLength:"500" doc:"The code goes there"`
			Password   string `json:"password" minLength:"1" maxLength:"1024" doc:"At least 8 characters, at most 256 bytes"`
			Invitation string `json:"invitation,omitempty" maxLength:"200" doc:"From an invitation link"`
		}
	}
	proof struct {
		Body struct {
			Flow string `json:"flow" maxLength:"100"`
			Code string `json:"code" maxLength:"100" doc:"8 digits"`
			Name string `json:"name,omitempty" maxLength:"200" doc:"Another name, where the first was taken"`
		}
	}
	sentBack struct {
		Body struct {
			Flow string `json:"flow" maxLength:"100"`
			Code string `json:"code" maxLength:"100" doc:"8 digits"`
		}
	}
	started struct {
		Body struct {
			Flow string `json:"flow" maxLength:"100"`
		}
	}
	forgetful struct {
		Body struct {
			Email string `json:"email" minLength:"1" maxLength:"500"`
		}
	}
	reset struct {
		Body struct {
			Flow     string `json:"flow" maxLength:"100"`
			Code     string `json:"code" maxLength:"100" doc:"8 digits"`
			Password string `json:"password" minLength:"1" maxLength:"1024" doc:"The new one: at least 8 characters, at most 256 bytes"`
		}
	}
	newPassword struct {
		Body struct {
			Old      string `json:"old_password" maxLength:"1024"`
			Password string `json:"password" minLength:"1" maxLength:"1024" doc:"At least 8 characters, at most 256 bytes"`
		}
	}
	newEmail struct {
		Body struct {
			Password string `json:"password" maxLength:"1024"`
			Email    string `json:"email" minLength:"1" maxLength:"500" doc:"The code goes there"`
		}
	}
)

func (e *Edge) accountRoutes(a *api) {
	add(a, op("entrance", http.MethodGet, "/api/entrance", "How one gets in", "Accounts", forAll),
		func(ctx context.Context, _ *nothing) (*entranceAnswer, error) {
			first, err := e.Codes.NobodyYet(ctx)
			return &entranceAnswer{Entrance{SignUp: cmp.Or(e.cfg.SignUp, chat.ModeOpen), First: first && e.cfg.Owner == "", OIDC: e.providers(), Mailbox: e.Mailbox}}, err
		})
	add(a, op("startSignUp", http.MethodPost, "/api/signup", "Get a code by mail to sign up; the same answer whether the address has an account or not", "Accounts", forAll, limited(boundAddress), accepted),
		func(ctx context.Context, in *newcomer) (*flowAnswer, error) {
			return flowAnswerOf(func() (chat.Flow, error) {
				return e.startSignUp(ctx, in.Body.Name, in.Body.Email, in.Body.Password, in.Body.Invitation)
			})
		})
	add(a, op("verifySignUp", http.MethodPost, "/api/signup/verify", "Make the account and log in", "Accounts", forAll, limited(boundAddress), created),
		func(ctx context.Context, in *proof) (*sessionAnswer, error) {
			return e.enter(ctx, func() (login, error) { return e.verifySignUp(ctx, in.Body.Flow, in.Body.Code, in.Body.Name) })
		})
	add(a, op("resendCode", http.MethodPost, "/api/codes/resend", "Get another code; guesses stay counted", "Accounts", forAll, limited(boundAddress), accepted),
		func(ctx context.Context, in *started) (*flowAnswer, error) {
			return flowAnswerOf(func() (chat.Flow, error) { return e.resendCode(ctx, in.Body.Flow) })
		})
	add(a, op("forgotPassword", http.MethodPost, "/api/password/forgot", "Get a code by mail to set a new password, if the address has an account", "Accounts", forAll, limited(boundAddress), accepted),
		func(ctx context.Context, in *forgetful) (*flowAnswer, error) {
			return flowAnswerOf(func() (chat.Flow, error) { return e.forgotPassword(ctx, in.Body.Email) })
		})
	add(a, op("resetPassword", http.MethodPost, "/api/password/reset", "Set a new password and log in; all sessions before end", "Accounts", forAll, limited(boundAddress)),
		func(ctx context.Context, in *reset) (*sessionAnswer, error) {
			return e.enter(ctx, func() (login, error) {
				return e.resetPassword(ctx, in.Body.Flow, in.Body.Code, in.Body.Password)
			})
		})
	e.ownAccountRoutes(a)
}

func (e *Edge) ownAccountRoutes(a *api) {
	add(a, op("changePassword", http.MethodPut, "/api/me/password", "Change my password; all my other sessions end", "Accounts", secured, limited(boundAddress, boundActions, boundNoted)),
		func(ctx context.Context, in *newPassword) (*nothing, error) {
			return nil, e.changePassword(ctx, principal(ctx), in.Body.Old, in.Body.Password)
		})
	add(a, op("startEmail", http.MethodPut, "/api/me/email", "Get a code at another address, to make it mine", "Accounts", secured, limited(boundAddress, boundActions), accepted),
		func(ctx context.Context, in *newEmail) (*flowAnswer, error) {
			return flowAnswerOf(func() (chat.Flow, error) {
				return e.startEmail(ctx, principal(ctx), in.Body.Password, in.Body.Email)
			})
		})
	add(a, op("verifyEmail", http.MethodPost, "/api/me/email/verify", "Make the address mine", "Accounts", secured),
		func(ctx context.Context, in *sentBack) (*accountAnswer, error) {
			account, err := e.verifyEmail(ctx, principal(ctx), in.Body.Flow, in.Body.Code)
			return &accountAnswer{account}, err
		})
}

// flowAnswerOf answers with what start began.
func flowAnswerOf(start func() (chat.Flow, error)) (*flowAnswer, error) {
	f, err := start()
	if err != nil {
		return nil, err
	}
	return &flowAnswer{Flow{Flow: f.ID, Expires: int(chat.CodeLife / time.Second), ResendIn: int(chat.CodePause / time.Second)}}, nil
}

// accepted makes an operation answer 202.
func accepted(o *huma.Operation) { o.DefaultStatus = http.StatusAccepted }
