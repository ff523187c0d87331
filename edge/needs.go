package edge

import (
	"context"
	"fmt"

	"github.com/danielgtaylor/huma/v2"

	"github.com/natter-chat/natter/chat"
)

// Every operation declares with one of these who may call it, and exchange holds
// callers to it. The OpenAPI document shows the same declaration.

// Security schemes of the OpenAPI document.
const (
	bearerScheme  = "bearer"  // an access token of a session, or a personal access token
	sessionScheme = "session" // an access token of a session
)

// forAll lets everybody call an operation: it needs no token, or sees to that itself.
func forAll(o *huma.Operation) { o.Security = []map[string][]string{} }

// secured makes an operation ask for a session: a program with a personal
// access token may not look after the account itself.
func secured(o *huma.Operation) { o.Security = []map[string][]string{{sessionScheme: {}}} }

// scoped is secured, and lets programs in whose token has the scope.
func scoped(scope chat.Scope) func(*huma.Operation) {
	return func(o *huma.Operation) { o.Security = []map[string][]string{{bearerScheme: {string(scope)}}} }
}

// anyToken is secured, and lets every program in.
func anyToken(o *huma.Operation) { o.Security = []map[string][]string{{bearerScheme: {}}} }

// forStaff makes an operation one for those who have the role, and for their
// programs with the scope admin. For others there is nothing at its address.
func forStaff(role chat.Role) func(*huma.Operation) {
	return func(o *huma.Operation) {
		scoped(chat.ScopeAdmin)(o)
		withMetadata(o, "role", role)
		o.Description = "For moderators and owners; for others, there is nothing here."
		if role == chat.Owner {
			o.Description = "For owners; for others, there is nothing here."
		}
	}
}

func withMetadata(o *huma.Operation, key string, value any) {
	if o.Metadata == nil {
		o.Metadata = map[string]any{}
	}
	o.Metadata[key] = value
}

// permit reports whether who may call the operation.
func (e *Edge) permit(ctx context.Context, op *huma.Operation, who chat.Principal) error {
	if err := e.permitToken(op, who); err != nil {
		e.metrics.forbidden.Inc()
		return err
	}
	if role, ok := op.Metadata["role"].(chat.Role); ok {
		return e.requireRole(ctx, who, role)
	}
	return nil
}

// permitToken is forbidden for a program whose token does not reach this far.
// What it does not find declared is for sessions.
func (e *Edge) permitToken(op *huma.Operation, who chat.Principal) error {
	if !who.IsToken() {
		return nil
	}
	if len(op.Security) != 1 || op.Security[0][bearerScheme] == nil {
		return chat.Errorf(chat.Forbidden, "A personal access token cannot do this: log in, it is about your own account.")
	}
	for _, scope := range op.Security[0][bearerScheme] {
		if err := needs(who, chat.Scope(scope)); err != nil {
			return err
		}
	}
	return nil
}

// needs is forbidden for a token without the scope.
func needs(who chat.Principal, scope chat.Scope) error {
	if who.May(scope) {
		return nil
	}
	return chat.Errorf(chat.Forbidden, "This token has not the scope %s.", scope)
}

// frameNeeds says which scope a socket's frame asks of a personal access token,
// "" for none. A frame that is not here is unknown, whoever sends it.
func frameNeeds(op string) (scope chat.Scope, err error) {
	switch op {
	case "auth", "ping":
		return "", nil
	case "subscribe", "unsubscribe":
		return chat.ScopeRead, nil
	case "post", "edit", "delete", "react", "pin", "read":
		return chat.ScopeWrite, nil
	default:
		return "", chat.Errorf(chat.BadRequest, "The op is unknown.")
	}
}

// describeNeed is what the documents say of a frame.
func describeNeed(op string) string {
	if scope, err := frameNeeds(op); err == nil && scope != "" {
		return fmt.Sprintf(" A personal access token needs the scope %s.", scope)
	}
	return ""
}
