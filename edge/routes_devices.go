package edge

import (
	"context"
	"net/http"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

type (
	deviceInput struct {
		Session string `path:"session" doc:"The session's id"`
	}
	devicesAnswer struct{ Body DeviceList }
	auditInput    struct {
		Before uint64 `query:"before" doc:"next of the page before"`
		Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
	}
	auditAllInput struct {
		Before uint64 `query:"before" doc:"next of the page before"`
		Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
		User   string `query:"user" maxLength:"64" doc:"Only of this person: an id"`
	}
	auditAnswer struct{ Body AuditPage }
)

// DeviceList is a person's sessions, the last seen first.
type DeviceList struct {
	Items []Device `json:"items" nullable:"false"`
}

func (e *Edge) deviceRoutes(a *api) {
	add(a, op("mySessions", http.MethodGet, "/api/sessions", "Where I am logged in", "Accounts", secured),
		func(ctx context.Context, _ *nothing) (*devicesAnswer, error) {
			list, err := e.devices(ctx, principal(ctx))
			return &devicesAnswer{DeviceList{list}}, err
		})
	add(a, op("endSession", http.MethodDelete, "/api/sessions/{session}", "End a session of mine: its sockets and streams close on every edge", "Accounts", secured),
		func(ctx context.Context, in *deviceInput) (*nothing, error) {
			return nil, e.endSession(ctx, principal(ctx), in.Session, events.ReasonEnded)
		})
	add(a, op("endOtherSessions", http.MethodDelete, "/api/sessions", "End all my sessions but this one", "Accounts", secured),
		func(ctx context.Context, _ *nothing) (*nothing, error) {
			return nil, e.endOthers(ctx, principal(ctx))
		})
	add(a, op("myAudit", http.MethodGet, "/api/audit", "What happened to my account, newest first", "Accounts", secured),
		func(ctx context.Context, in *auditInput) (*auditAnswer, error) {
			page, err := e.ownAudit(ctx, principal(ctx).User.ID, in.Before, in.Limit)
			return &auditAnswer{page}, err
		})
	add(a, op("audit", http.MethodGet, "/api/audit/all", "What happened to all accounts, newest first", "People", forStaff(chat.Owner)),
		func(ctx context.Context, in *auditAllInput) (*auditAnswer, error) {
			if in.User != "" && !events.IsID(in.User) {
				return nil, &chat.Error{Code: chat.BadRequest, Field: "user", Detail: "This is no person's id."}
			}
			page, err := e.audit(ctx, in.User, in.Before, in.Limit)
			return &auditAnswer{page}, err
		})
}
