package edge

import (
	"context"
	"strings"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
)

// What owners and moderators of a room decide. The database holds the rules; an
// address where nothing of the caller's is gives the same not_found as any other.

// decide checks the ids, lets the database decide and publishes what it says.
func (e *Edge) decide(ctx context.Context, room, user string, do func() (subject string, err error)) error {
	if err := chat.CheckID("room", room); err != nil {
		return err
	}
	if user != "" {
		if err := chat.CheckID("user", user); err != nil {
			return err
		}
	}
	subject, err := do()
	if err != nil {
		return sameNotFound(err)
	}
	e.flush(ctx, subject)
	return nil
}

// changeRoom gives a room other settings.
func (e *Edge) changeRoom(ctx context.Context, who chat.Principal, room string, c chat.RoomChange) (r chat.Room, err error) {
	if err := c.Check(); err != nil {
		return r, err
	}
	err = e.decide(ctx, room, "", func() (string, error) {
		m, subject, err := e.Rooms.Change(ctx, who.User, room, c)
		r = m.Room
		return subject, err
	})
	return r, err
}

// archiveRoom ends what is said in a room, or takes that back.
func (e *Edge) archiveRoom(ctx context.Context, who chat.Principal, room string, archived bool) (r chat.Room, err error) {
	err = e.decide(ctx, room, "", func() (string, error) {
		m, subject, err := e.Rooms.Archive(ctx, who.User, room, archived)
		r = m.Room
		return subject, err
	})
	return r, err
}

// removeMember ends somebody's membership.
func (e *Edge) removeMember(ctx context.Context, who chat.Principal, room, user, reason string) error {
	if err := chat.CheckReason(reason); err != nil {
		return err
	}
	return e.decide(ctx, room, user, func() (string, error) {
		return e.Rooms.Remove(ctx, who.User, room, user, reason)
	})
}

// setMemberRole gives a member another role in the room.
func (e *Edge) setMemberRole(ctx context.Context, who chat.Principal, room, user string, role chat.Role) error {
	return e.decide(ctx, room, user, func() (string, error) {
		return e.Rooms.SetMemberRole(ctx, who.User, room, user, role)
	})
}

// handOver makes another member the room's owner.
func (e *Edge) handOver(ctx context.Context, who chat.Principal, room, user string) error {
	return e.decide(ctx, room, user, func() (string, error) {
		return e.Rooms.HandOver(ctx, who.User, room, user)
	})
}

// muteMember lets a member say nothing for so many minutes.
func (e *Edge) muteMember(ctx context.Context, who chat.Principal, room, user string, minutes int) error {
	return e.decide(ctx, room, user, func() (string, error) {
		return e.Rooms.Mute(ctx, who.User, room, user, time.Duration(minutes)*time.Minute)
	})
}

// ban keeps somebody out of a room for so many minutes; 0: for ever.
func (e *Edge) ban(ctx context.Context, who chat.Principal, room, user, reason string, minutes int) error {
	if err := chat.CheckReason(reason); err != nil {
		return err
	}
	return e.decide(ctx, room, user, func() (string, error) {
		return e.Rooms.Ban(ctx, who.User, room, user, reason, time.Duration(minutes)*time.Minute)
	})
}

// unban lets somebody come in again.
func (e *Edge) unban(ctx context.Context, who chat.Principal, room, user string) error {
	return e.decide(ctx, room, user, func() (string, error) {
		return "", e.Rooms.Unban(ctx, who.User, room, user)
	})
}

// bans returns who is banned from a room.
func (e *Edge) bans(ctx context.Context, who chat.Principal, room string) (list []chat.Ban, err error) {
	err = e.decide(ctx, room, "", func() (string, error) {
		list, err = e.Rooms.Bans(ctx, who.User, room)
		return "", err
	})
	return list, err
}

// links returns the open links to a room.
func (e *Edge) links(ctx context.Context, who chat.Principal, room string) (list []chat.RoomLink, err error) {
	err = e.decide(ctx, room, "", func() (string, error) {
		list, err = e.Rooms.Links(ctx, who.User, room)
		return "", err
	})
	return list, err
}

// newLink makes a link by which people may join a room. What admits them stands
// in its fragment, which browsers send to no server; only its hash is stored.
func (e *Edge) newLink(ctx context.Context, who chat.Principal, room string, uses, days int) (made NewLink, err error) {
	secret, hash := auth.NewInvitation()
	err = e.decide(ctx, room, "", func() (string, error) {
		made.Item, err = e.Rooms.MakeLink(ctx, who.User, room, chat.NewRoomLink{Hash: hash, Uses: uses, Lasts: time.Duration(days) * 24 * time.Hour})
		return "", err
	})
	if err != nil {
		return NewLink{}, err
	}
	made.Link = e.publicOrigin(requestOf(ctx)) + inLink + secret
	return made, nil
}

// endLink makes a link worthless.
func (e *Edge) endLink(ctx context.Context, who chat.Principal, room, link string) error {
	if err := chat.CheckID("link", link); err != nil {
		return err
	}
	return e.decide(ctx, room, "", func() (string, error) {
		return "", e.Rooms.EndLink(ctx, who.User, room, link)
	})
}

// inLink comes before a link's secret. Behind the #, browsers send it to nobody.
const inLink = "/#/join/"

// joinByLink makes who a member of the room that a link leads to: the whole of
// it, or its secret.
func (e *Edge) joinByLink(ctx context.Context, who chat.Principal, link string) (chat.Room, error) {
	secret := strings.TrimSpace(link)
	if _, behind, whole := strings.Cut(secret, inLink); whole {
		secret = behind
	}
	hash := auth.HashInvitation(secret)
	if hash == nil {
		return chat.Room{}, chat.Errorf(chat.BadInvitation, "This is no link to a room.")
	}
	m, subject, err := e.Rooms.JoinByLink(ctx, who.User, hash)
	if err != nil {
		return chat.Room{}, sameNotFound(err)
	}
	e.flush(ctx, subject)
	return m.Room, nil
}
