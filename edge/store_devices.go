package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Devices are a person's sessions, as they see and end them. The subjects of
// what ends one name it: see Edge.revoke.
type Devices interface {
	// OpenSessions returns the user's sessions, the last seen first.
	OpenSessions(ctx context.Context, user string) ([]chat.OpenSession, error)
	// EndSession ends a session of the user. Repeating it is no error;
	// not_found if it never was theirs.
	EndSession(ctx context.Context, user events.Person, session, reason string, on chat.Device) (subjects []string, err error)
	// EndOtherSessions ends all sessions of the user but keep.
	EndOtherSessions(ctx context.Context, user events.Person, keep, reason string, on chat.Device) (subjects []string, err error)
}

// Audits tell what happened to accounts.
type Audits interface {
	// Audit returns up to limit events of AUDIT with seq < before (0: no
	// bound), newest first, of one user or, with "", of all. offset is the AUDIT
	// sequence up to which that is true.
	Audit(ctx context.Context, user string, before uint64, limit int) (items []chat.Item, offset uint64, err error)
	// NoteFailedLogins notes that somebody did not know the user's password,
	// so many times, at last on a device.
	NoteFailedLogins(ctx context.Context, user string, times int, on chat.Device) (subject string, err error)
}
