package edge

import (
	"context"
	"time"

	"github.com/natter-chat/natter/chat"
)

// membership returns what who may do in a room; not_found for everybody else.
// While the database is down, what a live connection of theirs knows counts.
// patience is for how long the question may gather with others.
func (e *Edge) membership(ctx context.Context, patience time.Duration, who chat.Principal, room string) (chat.Membership, error) {
	if err := chat.CheckID("room", room); err != nil {
		return chat.Membership{}, err
	}
	seat := chat.Seat{User: who.User.ID, Room: room}
	found, err := e.asker.memberships(ctx, patience, seat)
	if err != nil {
		if m, live := e.hub.memberOf(who.User.ID, room); live && isCode(err, chat.Unavailable) {
			return m, nil
		}
		return chat.Membership{}, err
	}
	m, ok := found[seat]
	if !ok {
		return chat.Membership{}, notFound()
	}
	return m, nil
}

// createRoom makes a room, which its maker owns. With a key (a client's UUIDv7)
// the same call is the same room, however often it is repeated.
func (e *Edge) createRoom(ctx context.Context, who chat.Principal, key string, n chat.NewRoom) (chat.Room, error) {
	if key == "" {
		key = chat.NewID()
	}
	if _, err := chat.KeyTime(key, e.Now()); err != nil {
		return chat.Room{}, err
	}
	n.ID = chat.DeriveID(key, who.User.ID, "room")
	if err := n.Check(); err != nil {
		return chat.Room{}, err
	}
	m, subject, err := e.Rooms.Create(ctx, who.User, n)
	if err != nil {
		return chat.Room{}, err
	}
	e.flush(ctx, subject)
	return m.Room, nil
}

// openDirect returns the one direct room with the person called name.
func (e *Edge) openDirect(ctx context.Context, who chat.Principal, name string) (chat.Room, error) {
	if err := nameInUse(name); err != nil {
		return chat.Room{}, err
	}
	m, subject, err := e.Rooms.OpenDirect(ctx, who.User, name)
	if err != nil {
		return chat.Room{}, err
	}
	e.flush(ctx, subject)
	return m.Room, nil
}

// joinRoom makes who a member of a public room, or of one they are invited to.
func (e *Edge) joinRoom(ctx context.Context, who chat.Principal, room string) (chat.Room, error) {
	if err := chat.CheckID("room", room); err != nil {
		return chat.Room{}, err
	}
	m, subject, err := e.Rooms.Join(ctx, who.User, room)
	if err != nil {
		return chat.Room{}, sameNotFound(err)
	}
	e.flush(ctx, subject)
	return m.Room, nil
}

// leaveRoom ends a membership.
func (e *Edge) leaveRoom(ctx context.Context, who chat.Principal, room string) error {
	if err := chat.CheckID("room", room); err != nil {
		return err
	}
	subject, err := e.Rooms.Leave(ctx, who.User, room)
	if err != nil {
		return sameNotFound(err)
	}
	e.flush(ctx, subject)
	return nil
}

// invite lets the person called name join. Only members learn whether there
// is such a person.
func (e *Edge) invite(ctx context.Context, who chat.Principal, room, name string) error {
	if _, err := e.membership(ctx, requestPatience, who, room); err != nil {
		return err
	}
	if err := nameInUse(name); err != nil {
		return err
	}
	subject, err := e.Rooms.Invite(ctx, who.User, room, name)
	if err != nil {
		return err
	}
	e.flush(ctx, subject)
	return nil
}

// nameInUse answers for names that nobody can have, before they get further.
func nameInUse(name string) error {
	if chat.CheckUserName(name) != nil {
		return &chat.Error{Code: chat.NotFound, Field: "name", Detail: "Nobody has that name."}
	}
	return nil
}

// sameNotFound makes every not_found about a room the same answer.
func sameNotFound(err error) error {
	if isCode(err, chat.NotFound) {
		return notFound()
	}
	return err
}
