package edge

import (
	"context"
	"slices"
	"strings"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// revoke is for after a command that ended sessions or tokens: it closes what
// those that the subjects name have open here, then tells the other edges, and
// whatever else the subjects hold.
//
// The order matters: the command's mark in the database comes first, so that a
// connection that registers now finds it; then this edge's connections close;
// then the others hear of it.
func (e *Edge) revoke(ctx context.Context, reason string, subjects ...string) {
	for _, subject := range subjects {
		if session, ok := strings.CutPrefix(subject, events.Sessions.Prefix()); ok {
			e.sessions.end(session, reason)
		}
	}
	e.flushAll(ctx, slices.Compact(slices.Sorted(slices.Values(subjects))))
}

// Device is a session of mine.
type Device struct {
	chat.OpenSession
	Current bool `json:"current" doc:"The one that asks"`
}

// devices lists the caller's sessions, the last seen first.
func (e *Edge) devices(ctx context.Context, who chat.Principal) ([]Device, error) {
	open, err := e.Accounts.OpenSessions(ctx, who.User.ID)
	list := make([]Device, 0, len(open))
	for _, s := range open {
		list = append(list, Device{s, s.ID == who.Session})
	}
	return list, err
}

// endSession ends a session of the caller everywhere. Another person's is
// not_found, as is one that never was.
func (e *Edge) endSession(ctx context.Context, who chat.Principal, session, reason string) error {
	subjects, err := e.Accounts.EndSession(ctx, who.User, session, reason, e.device(ctx))
	if err == nil {
		e.revoke(ctx, reason, subjects...)
	}
	return err
}

// endOthers ends all sessions of the caller but the one that asks.
func (e *Edge) endOthers(ctx context.Context, who chat.Principal) error {
	subjects, err := e.Accounts.EndOtherSessions(ctx, who.User, who.Session, events.ReasonEnded, e.device(ctx))
	if err == nil {
		e.revoke(ctx, events.ReasonEnded, subjects...)
	}
	return err
}
