package sql

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Change gives a room other settings: name, topic and slow mode by its
// moderators, kind and capacity by its owner. conflict for a direct room, for a
// capacity below the number of members, and for the lobby's kind and capacity.
func (db *DB) Change(ctx context.Context, by events.Person, id string, c chat.RoomChange) (m chat.Membership, subject string, err error) {
	if err := c.Check(); err != nil {
		return m, "", err
	}
	return db.changing(ctx, "change a room", by, id, c.Takes(), func(r *room) error {
		if err := r.checkAlive(); err != nil {
			return err
		}
		return r.take(c)
	})
}

// Archive ends what is said in a room, or takes that back, by its owner. The
// lobby cannot be archived.
func (db *DB) Archive(ctx context.Context, by events.Person, id string, archived bool) (m chat.Membership, subject string, err error) {
	return db.changing(ctx, "archive a room", by, id, chat.Owner, func(r *room) error {
		if r.id == LobbyID {
			return chat.Errorf(chat.Conflict, "The lobby is for everybody: it cannot be archived.")
		}
		r.Archived = archived
		return nil
	})
}

// changing lets set change what can be changed of a room, and says it if
// anything is different.
func (db *DB) changing(ctx context.Context, doing string, by events.Person, id string, takes chat.Role, set func(*room) error) (m chat.Membership, subject string, err error) {
	err = db.inTx(ctx, doing, func(ctx context.Context, tx pgx.Tx) error {
		r, err := db.lockRoom(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := r.acting(ctx, tx, by.ID, takes); err != nil {
			return err
		}
		was := *r
		if err := set(r); err != nil {
			return err
		}
		if *r == was {
			subject, err = r.nothingNew(ctx, tx)
		} else {
			subject, err = r.change(ctx, tx, by)
		}
		if err != nil {
			return err
		}
		m, err = membership(ctx, tx, by.ID, id)
		return err
	})
	return m, subject, err
}

// take sets what c says.
func (r *room) take(c chat.RoomChange) error {
	if r.id == LobbyID && (c.Kind != nil && *c.Kind != r.kind || c.Capacity != nil && *c.Capacity != 0) {
		return chat.Errorf(chat.Conflict, "The lobby is public and has space for everybody.")
	}
	if c.Capacity != nil && *c.Capacity > 0 && *c.Capacity < r.members {
		return chat.Errorf(chat.Conflict, "%d people are in this room: its capacity cannot be below that.", r.members)
	}
	set(&r.name, c.Name)
	set(&r.kind, c.Kind)
	set(&r.Topic, c.Topic)
	set(&r.Capacity, c.Capacity)
	set(&r.Slow, c.Slow)
	return nil
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// change stores what is different in r and says it.
func (r *room) change(ctx context.Context, tx pgx.Tx, by events.Person) (subject string, err error) {
	r.rev++
	_, err = tx.Exec(ctx, `
		UPDATE rooms SET rev = $2, kind = $3, name = $4, name_key = $5, topic = $6, topic_key = $7, capacity = $8, slow = $9, archived = $10
		WHERE id = $1`, r.id, r.rev, r.kind, r.name, nameKey(r.name), r.Topic, nameKey(r.Topic), r.Capacity, r.Slow, r.Archived)
	if err != nil {
		return "", err
	}
	return r.say(ctx, tx, events.RoomChanged, by, events.RoomChangedData{Rev: r.rev, Kind: r.kind, Name: r.name,
		Topic: r.Topic, Capacity: r.Capacity, Slow: r.Slow, Archived: r.Archived})
}
