package sql

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// standing is what a user is to a room.
type standing int

const (
	stranger standing = iota
	former            // was a member
	present           // is one
)

// roleInRoom is what a person me may do in room r as its member m. natter's
// owners are the lobby's, which has no other; its staff are at least moderators
// wherever anybody may join.
const roleInRoom = `
	CASE WHEN r.id = '` + LobbyID + `' AND me.role = 'owner' THEN 'owner'
	     WHEN m.role <> 'owner' AND me.role <> 'member' AND r.kind IN ('public', 'announcement') THEN 'moderator'
	     ELSE m.role END`

// seat is a person's place in a room whose row is locked.
type seat struct {
	events.Person
	is       standing
	own      chat.Role // what the room's owner gave them
	role     chat.Role // and what they may do, by that or as natter's staff
	muted    *time.Time
	disabled bool
}

// seat looks somebody up; not_found if there is no such person.
func (r *room) seat(ctx context.Context, tx pgx.Tx, user string) (s seat, err error) {
	if !events.IsID(user) {
		return s, nobodyThere()
	}
	var was, is bool
	err = tx.QueryRow(ctx, `
		SELECT me.id, me.name, me.disabled IS NOT NULL, m.was, m.was AND m.left_at IS NULL, m.role, m.muted, `+roleInRoom+`
		FROM users me
		JOIN rooms r ON r.id = $1
		LEFT JOIN LATERAL (
			SELECT true AS was, left_at, role, muted FROM members WHERE room_id = r.id AND user_id = me.id
			UNION ALL SELECT false, NULL, 'member', NULL
			ORDER BY was DESC LIMIT 1
		) m ON true
		WHERE me.id = $2`, r.id, user).
		Scan(&s.ID, &s.Name, &s.disabled, &was, &is, &s.own, &s.muted, &s.role)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return s, nobodyThere()
	case is:
		s.is = present
	case was:
		s.is = former
	}
	return s, err
}

// nobodyThere is said of whoever is not in the room, whether they exist or not.
func nobodyThere() error { return chat.Errorf(chat.NotFound, "Nobody like that is in this room.") }

// acting returns the seat of somebody who wants to do what takes the role. For
// whoever is no member there is no room, and nobody decides in a direct one.
func (r *room) acting(ctx context.Context, tx pgx.Tx, user string, takes chat.Role) (seat, error) {
	s, err := r.seat(ctx, tx, user)
	switch {
	case chat.CodeOf(err) == chat.NotFound, err == nil && s.is != present:
		return s, noRoom()
	case err != nil:
		return s, err
	case r.kind == chat.Direct:
		return s, chat.Errorf(chat.Conflict, "Nobody decides anything about a direct room.")
	case !s.role.May(takes):
		return s, forbidden(takes)
	}
	return s, nil
}

func forbidden(takes chat.Role) error {
	if takes == chat.Owner {
		return chat.Errorf(chat.Forbidden, "Only the owner of this room can do that.")
	}
	return chat.Errorf(chat.Forbidden, "Only moderators of this room can do that.")
}

// over returns the seat of a member whom by, a moderator, may decide about:
// moderators about members, owners about everybody but owners.
func (r *room) over(ctx context.Context, tx pgx.Tx, by seat, user string) (seat, error) {
	s, err := r.seat(ctx, tx, user)
	if err == nil && s.is != present {
		err = nobodyThere()
	}
	if err == nil {
		err = by.above(s)
	}
	return s, err
}

func (s seat) above(other seat) error {
	switch {
	case s.ID == other.ID:
		return chat.Errorf(chat.Conflict, "Nobody can do that to themselves.")
	case other.role.May(s.role):
		return chat.Errorf(chat.Forbidden, "%s has at least your role in this room.", other.Name)
	}
	return nil
}
