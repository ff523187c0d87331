package edge

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// people returns a page of all people. Owners see addresses, too.
func (e *Edge) people(ctx context.Context, who chat.Principal, query, after string, limit int) (PeopleList, error) {
	if err := checkPlain("query", query); err != nil {
		return PeopleList{}, err
	}
	if after != "" {
		if err := chat.CheckID("after", after); err != nil {
			return PeopleList{}, err
		}
	}
	role, err := e.Staff.RoleOf(ctx, who.User.ID)
	if err != nil {
		return PeopleList{}, err
	}
	people, err := e.Staff.People(ctx, chat.PeopleQuery{Query: query, After: after, Limit: limit + 1, Emails: role.May(chat.Owner)})
	if err != nil {
		return PeopleList{}, err
	}
	list := PeopleList{Items: listOf(people)}
	if len(people) > limit {
		list.Items, list.Next = list.Items[:limit], people[limit-1].ID
	}
	return list, nil
}

// setRole gives somebody a role.
func (e *Edge) setRole(ctx context.Context, who chat.Principal, user string, role chat.Role) error {
	subject, err := e.Staff.SetRole(ctx, who.User, user, role, e.device(ctx))
	if err == nil {
		e.flush(ctx, subject)
	}
	return err
}

// setDisabled takes natter from somebody, everywhere and at once, or gives it
// back. The order is that of logOut: the database, this edge, the others.
func (e *Edge) setDisabled(ctx context.Context, who chat.Principal, user string, disabled bool) error {
	if !disabled {
		restored, subjects, err := e.Staff.Enable(ctx, who.User, user, e.device(ctx))
		if err != nil {
			return err
		}
		for _, token := range restored {
			e.sessions.restore(token)
		}
		e.flushAll(ctx, subjects)
		return nil
	}
	ended, subjects, err := e.Staff.Disable(ctx, who.User, user, e.device(ctx))
	if err != nil {
		return err
	}
	for _, id := range ended {
		e.sessions.end(id, events.ReasonDisabled)
	}
	e.flushAll(ctx, subjects)
	return nil
}

// flushAtOnce is how many subjects flushAll publishes at the same time.
const flushAtOnce = 4

// flushAll is flush for subjects whose order among each other does not matter.
func (e *Edge) flushAll(ctx context.Context, subjects []string) {
	var group errgroup.Group
	group.SetLimit(flushAtOnce)
	for _, subject := range subjects {
		group.Go(func() error {
			e.flush(ctx, subject)
			return nil
		})
	}
	group.Wait()
}

// newToken makes a personal access token, which nobody can show a second time. It
// takes the password, for it outlives the session: whoever got hold of an access
// token must not make a lasting one of it.
func (e *Edge) newToken(ctx context.Context, who chat.Principal, n chat.NewAccessToken, password string) (NewToken, error) {
	if err := chat.CheckTokenName(n.Name); err != nil {
		return NewToken{}, err
	}
	var err error
	if n.Scopes, err = chat.CheckScopes(n.Scopes); err != nil {
		return NewToken{}, err
	}
	if n.PasswordHash, err = e.knowsIfAny(ctx, who, password); err != nil {
		return NewToken{}, err
	}
	n.Session = who.Session
	var token string
	token, n.Hash = auth.NewPersonal()
	item, subject, err := e.Tokens.MakeToken(ctx, who.User, n, e.device(ctx))
	if err != nil {
		return NewToken{}, err
	}
	e.flush(ctx, subject)
	return NewToken{Token: token, Item: item}, nil
}

// endToken revokes a token of one's own, in the order of logOut.
func (e *Edge) endToken(ctx context.Context, who chat.Principal, token string) error {
	subjects, err := e.Tokens.EndToken(ctx, who.User, token, e.device(ctx))
	if err != nil {
		return err
	}
	e.sessions.end(token, events.ReasonEnded)
	e.flush(ctx, subjects...)
	return nil
}

// newInvitation makes a link by which people may sign up. What admits them
// stands in its fragment, which browsers send to no server. conflict while
// nobody may sign up: it would admit nobody.
func (e *Edge) newInvitation(ctx context.Context, who chat.Principal, uses, days int) (NewInvitation, error) {
	if e.cfg.SignUp == chat.ModeClosed {
		return NewInvitation{}, chat.Errorf(chat.Conflict, "Sign-up is closed here, so that an invitation would admit nobody.")
	}
	invitation, hash := auth.NewInvitation()
	n := chat.NewInvitation{Hash: hash, Uses: uses, Lasts: time.Duration(days) * 24 * time.Hour}
	item, subject, err := e.Invitations.MakeInvitation(ctx, who.User, n, e.device(ctx))
	if err != nil {
		return NewInvitation{}, err
	}
	e.flush(ctx, subject)
	return NewInvitation{Link: e.publicOrigin(requestOf(ctx)) + "/#invitation=" + invitation, Invitation: invitation, Item: item}, nil
}

// endInvitation makes an invitation worthless.
func (e *Edge) endInvitation(ctx context.Context, who chat.Principal, invitation string) error {
	subject, err := e.Invitations.EndInvitation(ctx, who.User, invitation, e.device(ctx))
	if err == nil {
		e.flush(ctx, subject)
	}
	return err
}
