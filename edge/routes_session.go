package edge

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

type credentials struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"200" doc:"Or the e-mail address"`
		Password string `json:"password" minLength:"1" maxLength:"1024"`
	}
}

// Session is what somebody gets who has proved who they are.
type Session struct {
	User    events.Person `json:"user"`
	Session string        `json:"session" doc:"The session's id"`
	Access  string        `json:"access_token" doc:"Send as Authorization: Bearer …"`
	Expires int           `json:"expires_in" doc:"Seconds for which the token is valid"`
	Time    time.Time     `json:"time" doc:"The server's clock"`
}

type sessionAnswer struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      Session
}

// Me is who the caller is.
type Me struct {
	User    events.Person `json:"user"`
	Session string        `json:"session"`
	Time    time.Time     `json:"time" doc:"The server's clock"`
	Scopes  []chat.Scope  `json:"scopes,omitempty" enum:"read,write,admin" doc:"With a personal access token: what it may do"`
	Account *chat.Account `json:"account,omitempty" doc:"Absent while the database is down, and for personal access tokens"`
}

// Ticket stands for the caller, once.
type Ticket struct {
	Ticket  string `json:"ticket" doc:"Connect with ?ticket=…"`
	Expires int    `json:"expires_in" doc:"Seconds for which the ticket is valid"`
}

type (
	nothing      struct{}
	meAnswer     struct{ Body Me }
	ticketAnswer struct{ Body Ticket }
	endAnswer    struct {
		SetCookie http.Cookie `header:"Set-Cookie"`
	}
)

func (e *Edge) sessionRoutes(a *api) {
	add(a, op("logIn", http.MethodPost, "/api/login", "Log in", "Accounts", forAll, limited(boundAddress)),
		func(ctx context.Context, in *credentials) (*sessionAnswer, error) {
			return e.enter(ctx, func() (login, error) { return e.logIn(ctx, in.Body.Name, in.Body.Password) })
		})
	add(a, op("refreshSession", http.MethodPost, "/api/session/refresh", "Get a new access token; the cookie is the credential", "Accounts", forAll),
		func(ctx context.Context, _ *nothing) (*sessionAnswer, error) {
			token, err := e.cookieToken(requestOf(ctx))
			if err != nil {
				return nil, err
			}
			l, err := e.refresh(ctx, token)
			return e.sessionAnswer(ctx, l, err)
		})
	add(a, op("logOut", http.MethodDelete, "/api/session", "Log out: the session's sockets and streams close on every edge", "Accounts", secured),
		func(ctx context.Context, _ *nothing) (*endAnswer, error) {
			if err := e.logOut(ctx, principal(ctx)); err != nil {
				return nil, err
			}
			return &endAnswer{SetCookie: e.noCookie(requestOf(ctx))}, nil
		})
	add(a, op("me", http.MethodGet, "/api/me", "Who I am", "Accounts", anyToken),
		func(ctx context.Context, _ *nothing) (*meAnswer, error) {
			return e.me(ctx, principal(ctx))
		})
	add(a, op("makeTicket", http.MethodPost, "/api/tickets", "A single-use ticket, for connections that cannot send a header", "Accounts", anyToken),
		func(ctx context.Context, _ *nothing) (*ticketAnswer, error) {
			ticket, err := e.newTicket(ctx, principal(ctx))
			return &ticketAnswer{Ticket{Ticket: ticket, Expires: int(auth.TicketTime / time.Second)}}, err
		})
}

// me says who the caller is. Who they are is known while the database is down.
func (e *Edge) me(ctx context.Context, who chat.Principal) (*meAnswer, error) {
	me := Me{User: who.User, Session: who.Session, Time: e.Now().UTC(), Scopes: who.Scopes}
	if who.Scopes != nil { // a token never gets at the account itself
		return &meAnswer{me}, nil
	}
	account, err := e.Codes.Account(ctx, who.User.ID)
	switch {
	case err == nil:
		me.Account = &account
	case !isCode(err, chat.Unavailable):
		return nil, err
	}
	return &meAnswer{me}, nil
}

// enter lets somebody in who proves who they are.
func (e *Edge) enter(ctx context.Context, how func() (login, error)) (*sessionAnswer, error) {
	l, err := how()
	return e.sessionAnswer(ctx, l, err)
}

func (e *Edge) sessionAnswer(ctx context.Context, l login, err error) (*sessionAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &sessionAnswer{
		SetCookie: e.refreshCookie(requestOf(ctx), l.session),
		Body: Session{User: l.session.User, Session: l.session.ID, Access: l.access,
			Expires: int(auth.AccessTime / time.Second), Time: e.Now().UTC()},
	}, nil
}

// op describes an operation.
func op(id, method, path, summary, tag string, more ...func(*huma.Operation)) huma.Operation {
	o := huma.Operation{OperationID: id, Method: method, Path: path, Summary: summary, Tags: []string{tag}}
	for _, set := range more {
		set(&o)
	}
	return o
}

// created makes an operation answer 201.
func created(o *huma.Operation) { o.DefaultStatus = http.StatusCreated }

// waits lets an operation wait longer than others.
func waits(d time.Duration) func(*huma.Operation) {
	return func(o *huma.Operation) { withMetadata(o, "wait", d) }
}
