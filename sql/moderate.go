package sql

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// What moderators and owners of a room decide about its members. Whoever may
// not gets forbidden, and not_found as long as they are no member; conflict in a
// direct room. See over for who may decide about whom.

// deciding runs fn with a locked room and the seat of by, who has the role.
func (db *DB) deciding(ctx context.Context, doing string, by events.Person, id string, takes chat.Role, fn func(context.Context, pgx.Tx, *room, seat) (subject string, err error)) (subject string, err error) {
	err = db.inTx(ctx, doing, func(ctx context.Context, tx pgx.Tx) error {
		r, err := db.lockRoom(ctx, tx, id)
		if err != nil {
			return err
		}
		actor, err := r.acting(ctx, tx, by.ID, takes)
		if err != nil {
			return err
		}
		subject, err = fn(ctx, tx, r, actor)
		return err
	})
	return subject, err
}

// Remove ends somebody's membership. They may join again, if the room lets them.
func (db *DB) Remove(ctx context.Context, by events.Person, id, user, reason string) (subject string, err error) {
	if err := chat.CheckReason(reason); err != nil {
		return "", err
	}
	return db.deciding(ctx, "remove a member", by, id, chat.Moderator, func(ctx context.Context, tx pgx.Tx, r *room, actor seat) (string, error) {
		s, err := r.over(ctx, tx, actor, user)
		if err != nil {
			return "", err
		}
		return r.dismiss(ctx, tx, by, events.MemberLeftData{User: s.Person, How: events.LeftRemoved, Reason: reason})
	})
}

// Mute lets a member say nothing in the room for so long; 0: they may again. It
// outlasts their leaving and coming back.
func (db *DB) Mute(ctx context.Context, by events.Person, id, user string, lasts time.Duration) (subject string, err error) {
	return db.deciding(ctx, "mute a member", by, id, chat.Moderator, func(ctx context.Context, tx pgx.Tx, r *room, actor seat) (string, error) {
		s, err := r.over(ctx, tx, actor, user)
		if err != nil {
			return "", err
		}
		if lasts <= 0 && s.muted == nil {
			return r.nothingNew(ctx, tx)
		}
		err = tx.QueryRow(ctx, `
			UPDATE members SET muted = CASE WHEN $3::interval > '0' THEN clock_timestamp() + $3::interval END
			WHERE room_id = $1 AND user_id = $2 RETURNING muted`, r.id, s.ID, lasts).Scan(&s.muted)
		if err != nil {
			return "", err
		}
		return r.restand(ctx, tx, by, s, s.own)
	})
}

// SetMemberRole makes a member a moderator, or one no longer, by the owner.
// conflict for the owner's own role: it is handed over. The same role again is
// no error and no event.
func (db *DB) SetMemberRole(ctx context.Context, by events.Person, id, user string, role chat.Role) (subject string, err error) {
	if role != chat.Moderator && role != chat.Plain {
		return "", &chat.Error{Code: chat.BadRequest, Field: "role", Detail: "A role to give is moderator or member; a room is handed over."}
	}
	return db.deciding(ctx, "change a member's role", by, id, chat.Owner, func(ctx context.Context, tx pgx.Tx, r *room, _ seat) (string, error) {
		s, err := r.seat(ctx, tx, user)
		switch {
		case err != nil:
			return "", err
		case s.is != present:
			return "", nobodyThere()
		case s.own == chat.Owner:
			return "", chat.Errorf(chat.Conflict, "%s owns this room, until it is handed over.", s.Name)
		case s.own == role:
			return r.nothingNew(ctx, tx)
		}
		return r.restand(ctx, tx, by, s, role)
	})
}

// HandOver makes another member the room's owner, who was it becomes a moderator.
// That is for the owner; for others, to themselves, too, while the owner is disabled: see
// handing. conflict for the lobby, which nobody owns alone, and for somebody who
// may not use natter.
func (db *DB) HandOver(ctx context.Context, by events.Person, id, user string) (subject string, err error) {
	return db.deciding(ctx, "hand a room over", by, id, chat.Plain, func(ctx context.Context, tx pgx.Tx, r *room, actor seat) (string, error) {
		owner, err := r.handing(ctx, tx, actor)
		if err != nil {
			return "", err
		}
		if r.id == LobbyID {
			return "", chat.Errorf(chat.Conflict, "The lobby belongs to natter's owners.")
		}
		s, err := r.seat(ctx, tx, user)
		switch {
		case err != nil:
			return "", err
		case s.is != present:
			return "", nobodyThere()
		case s.ID == owner.ID:
			return r.nothingNew(ctx, tx)
		case s.disabled:
			return "", chat.Errorf(chat.Conflict, "%s cannot use natter now.", s.Name)
		}
		// First the old one: a room never has two.
		if _, err := r.restand(ctx, tx, by, owner, chat.Moderator); err != nil {
			return "", err
		}
		return r.restand(ctx, tx, by, s, chat.Owner)
	})
}

// restand gives a member the role, and says what their standing is now.
func (r *room) restand(ctx context.Context, tx pgx.Tx, by events.Person, s seat, role chat.Role) (subject string, err error) {
	data := events.MemberChangedData{User: s.Person, Role: string(role), Room: r.name}
	if s.muted != nil {
		data.Muted = *s.muted
	}
	if role != s.own {
		data.Was = string(s.own)
		if _, err := tx.Exec(ctx, `UPDATE members SET role = $3 WHERE room_id = $1 AND user_id = $2`, r.id, s.ID, role); err != nil {
			return "", err
		}
		if role == chat.Plain {
			if err := r.endLinksOf(ctx, tx, s.ID); err != nil {
				return "", err
			}
		}
	}
	r.rev++
	if err := r.saveCounts(ctx, tx); err != nil {
		return "", err
	}
	data.Rev = r.rev
	return r.say(ctx, tx, events.MemberChanged, by, data)
}
