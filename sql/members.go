package sql

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Join makes the user a member of a public room, or of one that they are
// invited to. Joining twice is no error. limit_reached if the room is full or
// the user is in too many.
func (db *DB) Join(ctx context.Context, user events.Person, room string) (m chat.Membership, subject string, err error) {
	if !events.IsID(room) {
		return m, "", noRoom()
	}
	err = db.inTx(ctx, "join a room", func(ctx context.Context, tx pgx.Tx) error {
		if err := lockPeople(ctx, tx, user.ID); err != nil {
			return err
		}
		r, err := db.lockRoom(ctx, tx, room)
		if err != nil {
			return err
		}
		is, err := r.standing(ctx, tx, user.ID)
		if err != nil {
			return err
		}
		if is == present {
			subject, err = pending(ctx, tx, events.Chat.Subject(room))
		} else {
			subject, err = r.letIn(ctx, tx, user)
		}
		if err != nil {
			return err
		}
		m, err = membership(ctx, tx, user.ID, room)
		return err
	})
	return m, subject, err
}

// letIn admits the user if they may come in and there is space for them. An
// invitation is used up.
func (r *room) letIn(ctx context.Context, tx pgx.Tx, user events.Person) (subject string, err error) {
	invited, err := tx.Exec(ctx, `DELETE FROM invitations WHERE room_id = $1 AND user_id = $2`, r.id, user.ID)
	if err != nil {
		return "", err
	}
	if r.kind != chat.Public && invited.RowsAffected() == 0 {
		return "", noRoom()
	}
	if err := r.checkSpace(); err != nil {
		return "", err
	}
	if err := checkRooms(ctx, tx, user.ID, r.limits.Rooms); err != nil {
		return "", err
	}
	return r.admit(ctx, tx, user)
}

// Leave ends a membership; conflict in a direct room. Leaving twice is no
// error for an ex-member of a public room; not_found otherwise.
func (db *DB) Leave(ctx context.Context, user events.Person, room string) (subject string, err error) {
	if !events.IsID(room) {
		return "", noRoom()
	}
	err = db.inTx(ctx, "leave a room", func(ctx context.Context, tx pgx.Tx) error {
		r, err := db.lockRoom(ctx, tx, room)
		if err != nil {
			return err
		}
		is, err := r.standing(ctx, tx, user.ID)
		switch {
		case err != nil:
			return err
		case is == former && r.kind == chat.Public:
			subject, err = pending(ctx, tx, events.Chat.Subject(room))
			return err
		case is != present:
			return noRoom()
		case r.kind == chat.Direct:
			return chat.Errorf(chat.Conflict, "A direct room cannot be left.")
		}
		subject, err = r.dismiss(ctx, tx, user)
		return err
	})
	return subject, err
}

// Invite lets the named person join. conflict if they are a member or the room
// is direct, limit_reached if too many invitations are open. Inviting twice is
// no error and no second event.
func (db *DB) Invite(ctx context.Context, by events.Person, room, name string) (subject string, err error) {
	if !events.IsID(room) {
		return "", noRoom()
	}
	err = db.inTx(ctx, "invite somebody", func(ctx context.Context, tx pgx.Tx) error {
		r, err := db.lockRoom(ctx, tx, room)
		if err != nil {
			return err
		}
		// First the room, then the name: a stranger learns nothing of either.
		is, err := r.standing(ctx, tx, by.ID)
		switch {
		case err != nil:
			return err
		case is != present:
			return noRoom()
		case r.kind == chat.Direct:
			return chat.Errorf(chat.Conflict, "Nobody can be invited into a direct room.")
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
	is, err := r.standing(ctx, tx, guest.ID)
	if err != nil {
		return "", err
	}
	if is == present {
		return "", chat.Errorf(chat.Conflict, "%s is a member already.", guest.Name)
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
		return pending(ctx, tx, events.Chat.Subject(r.id))
	case open >= r.limits.Invitations:
		return "", chat.Errorf(chat.LimitReached, "This room has %d open invitations, which is all that it can have.", open)
	}
	_, err = tx.Exec(ctx, `INSERT INTO invitations (room_id, user_id, invited_by) VALUES ($1, $2, $3)`, r.id, guest.ID, by.ID)
	if err != nil {
		return "", err
	}
	return r.say(ctx, tx, events.MemberInvited, by, events.MemberInvitedData{User: guest, Room: r.name})
}
