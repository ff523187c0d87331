package sql

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Join makes the user a member of a room that is open to all, or of one that
// they are invited to. Joining twice is no error. limit_reached if the room is
// full or the user is in too many; banned or archived if that is so.
func (db *DB) Join(ctx context.Context, user events.Person, room string) (m chat.Membership, subject string, err error) {
	if !events.IsID(room) {
		return m, "", noRoom()
	}
	err = db.inTx(ctx, "join a room", func(ctx context.Context, tx pgx.Tx) error {
		m, subject, err = db.join(ctx, tx, user, room, nil)
		return err
	})
	return m, subject, err
}

// join is Join with a link's hash, or with none.
func (db *DB) join(ctx context.Context, tx pgx.Tx, user events.Person, room string, link []byte) (m chat.Membership, subject string, err error) {
	if err := lockPeople(ctx, tx, user.ID); err != nil {
		return m, "", err
	}
	r, err := db.lockRoom(ctx, tx, room)
	if err != nil {
		return m, "", err
	}
	s, err := r.seat(ctx, tx, user.ID)
	if err != nil {
		return m, "", err
	}
	if s.is == present {
		subject, err = r.nothingNew(ctx, tx)
	} else {
		subject, err = r.letIn(ctx, tx, user, s.is, link)
	}
	if err != nil {
		return m, "", err
	}
	m, err = membership(ctx, tx, user.ID, room)
	return m, subject, err
}

// letIn admits the user if they may come in and there is space for them. An
// invitation, or one use of the link, is used up. Whoever comes into an empty
// room owns it.
func (r *room) letIn(ctx context.Context, tx pgx.Tx, user events.Person, is standing, link []byte) (subject string, err error) {
	if link != nil {
		if err := r.useLink(ctx, tx, link); err != nil {
			return "", err
		}
	}
	invited, err := tx.Exec(ctx, `DELETE FROM invitations WHERE room_id = $1 AND user_id = $2`, r.id, user.ID)
	if err != nil {
		return "", err
	}
	known := r.open() || link != nil || invited.RowsAffected() > 0
	if known || is == former { // to anybody else the room does not exist, ban or not
		if err := r.checkBan(ctx, tx, user.ID); err != nil {
			return "", err
		}
	}
	if !known {
		return "", noRoom()
	}
	if err := r.checkAlive(); err != nil {
		return "", err
	}
	if err := r.checkSpace(); err != nil {
		return "", err
	}
	if err := checkRooms(ctx, tx, user.ID, r.limits.Rooms); err != nil {
		return "", err
	}
	role := chat.Plain
	if r.members == 0 && r.id != LobbyID {
		role = chat.Owner
	}
	return r.admit(ctx, tx, user, role)
}

// Leave ends a membership; conflict in a direct room, and for the owner while
// others are in the room. A room that its last member leaves is archived.
// Leaving twice is no error for an ex-member of a room that is open to all;
// not_found otherwise.
func (db *DB) Leave(ctx context.Context, user events.Person, room string) (subject string, err error) {
	err = db.inTx(ctx, "leave a room", func(ctx context.Context, tx pgx.Tx) error {
		r, err := db.lockRoom(ctx, tx, room)
		if err != nil {
			return err
		}
		s, err := r.seat(ctx, tx, user.ID)
		switch {
		case err != nil:
			return noPerson(err)
		case s.is == former && r.open():
			subject, err = r.nothingNew(ctx, tx)
			return err
		case s.is != present:
			return noRoom()
		case r.kind == chat.Direct:
			return chat.Errorf(chat.Conflict, "A direct room cannot be left.")
		case s.own == chat.Owner && r.members > 1:
			return chat.Errorf(chat.Conflict, "You own this room: hand it over to somebody before you leave.")
		}
		subject, err = r.goes(ctx, tx, user)
		return err
	})
	return subject, err
}

// goes lets a member leave.
func (r *room) goes(ctx context.Context, tx pgx.Tx, user events.Person) (subject string, err error) {
	subject, err = r.dismiss(ctx, tx, user, events.MemberLeftData{User: user})
	if err != nil || r.members > 0 || r.id == LobbyID || r.Archived {
		return subject, err
	}
	r.Archived = true
	return r.change(ctx, tx, user)
}

// Invite lets the named person join. conflict if they are a member, banned, or
// the room is direct, limit_reached if too many invitations are open. Inviting
// twice is no error and no second event.
func (db *DB) Invite(ctx context.Context, by events.Person, room, name string) (subject string, err error) {
	err = db.inTx(ctx, "invite somebody", func(ctx context.Context, tx pgx.Tx) error {
		r, err := db.lockRoom(ctx, tx, room)
		if err != nil {
			return err
		}
		// First the room, then the name: a stranger learns nothing of either.
		if _, err := r.acting(ctx, tx, by.ID, chat.Plain); err != nil {
			return err
		}
		if err := r.checkAlive(); err != nil {
			return err
		}
		guest, err := personNamed(ctx, tx, name)
		if err != nil {
			return err
		}
		subject, err = r.invite(ctx, tx, by, guest)
		return err
	})
	return subject, err
}

func (r *room) invite(ctx context.Context, tx pgx.Tx, by, guest events.Person) (subject string, err error) {
	s, err := r.seat(ctx, tx, guest.ID)
	if err != nil {
		return "", err
	}
	if s.is == present {
		return "", chat.Errorf(chat.Conflict, "%s is a member already.", guest.Name)
	}
	if err := r.checkBan(ctx, tx, guest.ID); chat.CodeOf(err) == chat.Banned {
		return "", chat.Errorf(chat.Conflict, "%s is banned from this room.", guest.Name)
	} else if err != nil {
		return "", err
	}
	var open int
	var invited bool
	err = tx.QueryRow(ctx, `
		SELECT count(*), coalesce(bool_or(user_id = $2), false) FROM invitations WHERE room_id = $1`, r.id, guest.ID).
		Scan(&open, &invited)
	switch {
	case err != nil:
		return "", err
	case invited:
		return r.nothingNew(ctx, tx)
	case open >= r.limits.Invitations:
		return "", chat.Errorf(chat.LimitReached, "This room has %d open invitations, which is all that it can have.", open)
	}
	_, err = tx.Exec(ctx, `INSERT INTO invitations (room_id, user_id, invited_by) VALUES ($1, $2, $3)`, r.id, guest.ID, by.ID)
	if err != nil {
		return "", err
	}
	return r.say(ctx, tx, events.MemberInvited, by, events.MemberInvitedData{User: guest, Room: r.name})
}

// noPerson makes a look-up of nobody the room's not_found.
func noPerson(err error) error {
	if chat.CodeOf(err) == chat.NotFound {
		return noRoom()
	}
	return err
}
