package edge

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/oidc"
)

// flowPurpose is for what a sign-in elsewhere is sealed.
const flowPurpose = "sign-in elsewhere"

// leaveFor begins a sign-in elsewhere: where the browser goes, and what it keeps
// until it comes back, to whatever edge.
func (e *Edge) leaveFor(ctx context.Context, then string) (location, sealed string, err error) {
	location, flow, err := e.elsewhere.Start(ctx, localPath(then))
	if err != nil {
		return "", "", err
	}
	raw, err := json.Marshal(flow)
	if err != nil {
		return "", "", err
	}
	return location, e.Keys.Seal(flowPurpose, raw), nil
}

// comeBack finishes it: it logs in whoever the provider says that it is, and
// returns where they wanted to go.
func (e *Edge) comeBack(ctx context.Context, sealed string, query url.Values) (l login, then string, err error) {
	raw, err := e.Keys.Open(flowPurpose, sealed)
	if err != nil {
		return l, "", err
	}
	var flow oidc.Flow
	if err := json.Unmarshal(raw, &flow); err != nil {
		return l, "", err
	}
	who, err := e.elsewhere.Finish(ctx, flow, query)
	if err != nil {
		return l, "", err
	}
	if l, err = e.logInElsewhere(ctx, who); err != nil {
		return l, "", err
	}
	return l, localPath(flow.Return), nil
}

// logInElsewhere starts a session of the account that the identity belongs to,
// which is made if there is none and people may sign up.
func (e *Edge) logInElsewhere(ctx context.Context, who chat.Identity) (login, error) {
	if err := e.limits.spend(ctx, boundNoted, who.Issuer+" "+who.Subject); err != nil {
		return login{}, err
	}
	session, subjects, err := e.Accounts.SignInElsewhere(ctx, who, e.newcomer(), e.device(ctx))
	if isCode(err, chat.WrongCredentials) {
		return login{}, &chat.Error{Code: chat.Forbidden, Detail: "This account was disabled.", Cause: errors.New("disabled")}
	}
	if err != nil {
		return login{}, err
	}
	e.revoke(ctx, events.ReasonTooMany, subjects...)
	return e.issue(session)
}

// newcomer is what an account is made from whose owner signs in elsewhere. There
// is no invitation in it: whoever has one signs up with it, and the provider's
// identity is theirs from the next time on.
func (e *Edge) newcomer() chat.NewAccount {
	return chat.NewAccount{Admission: &chat.Admission{Mode: e.cfg.SignUp, Owner: e.cfg.Owner}}
}

// localPath returns then if it is a path of this page, else "/". Browsers take
// //host, /\host and much with control characters for another site's address.
func localPath(then string) string {
	u, err := url.Parse(then)
	if err != nil || u.IsAbs() || u.Host != "" || u.Opaque != "" || len(then) > 500 || !strings.HasPrefix(then, "/") ||
		strings.HasPrefix(then, "//") || strings.ContainsFunc(then, func(r rune) bool { return r <= ' ' || r == '\\' || r >= 0x7f }) {
		return "/"
	}
	return then
}
