package sql

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Create makes a room with the id of n and its creator as owner. The same id,
// creator and everything else again is the same room, whatever has become of it;
// key_reused when the id exists otherwise.
func (db *DB) Create(ctx context.Context, by events.Person, n chat.NewRoom) (m chat.Membership, subject string, err error) {
	if err := n.Check(); err != nil {
		return m, "", err
	}
	err = db.inTx(ctx, "create a room", func(ctx context.Context, tx pgx.Tx) error {
		if err := lockPeople(ctx, tx, by.ID); err != nil {
			return err
		}
		if m, subject, err = createdBefore(ctx, tx, by, n); err != nil || subject != "" || m.Room.ID != "" {
			return err
		}
		if err := checkRooms(ctx, tx, by.ID, db.limits.Rooms); err != nil {
			return err
		}
		if subject, err = insertRoom(ctx, tx, newRoom{NewRoom: n, by: by}); err != nil {
			return err
		}
		m, err = membership(ctx, tx, by.ID, n.ID)
		return err
	})
	return m, subject, err
}

// createdBefore returns the creator's membership of the room with this id if
// a try before made it, and nothing if there is no such room.
func createdBefore(ctx context.Context, tx pgx.Tx, by events.Person, n chat.NewRoom) (m chat.Membership, subject string, err error) {
	var exists, same bool
	err = tx.QueryRow(ctx, `
		SELECT count(*) > 0, coalesce(bool_and(created_by = $2 AND CASE WHEN made_as IS NULL THEN kind = $3 AND name = $4 ELSE made_as = $5 END), false)
		FROM rooms WHERE id = $1`, n.ID, by.ID, n.Kind, n.Name, madeAs(n)).Scan(&exists, &same)
	if err != nil || !exists {
		return m, "", err
	}
	if !same {
		return m, "", chat.Errorf(chat.KeyReused, "This key was used for another room.")
	}
	if m, err = membership(ctx, tx, by.ID, n.ID); err != nil {
		return m, "", err
	}
	subject, err = pending(ctx, tx, events.Chat.Subject(n.ID))
	return m, subject, err
}

// madeAs is what is compared when the room's key comes again.
func madeAs(n chat.NewRoom) string {
	return fmt.Sprintf("%s %d %q %q", n.Kind, n.Capacity, n.Name, n.Topic)
}

// newRoom is a room to be made.
type newRoom struct {
	chat.NewRoom
	directKey *string
	by        events.Person
	others    []events.Person // members from the start, after by
}

// insertRoom makes the room and its first members. Its creation and they
// stand in the outbox together, in this order. A direct room has no owner.
func insertRoom(ctx context.Context, tx pgx.Tx, n newRoom) (subject string, err error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO rooms (id, kind, name, name_key, topic, topic_key, capacity, made_as, direct_key, created_by)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (id) DO NOTHING`,
		n.ID, n.Kind, n.Name, nameKey(n.Name), n.Topic, nameKey(n.Topic), n.Capacity, madeAs(n.NewRoom), n.directKey, n.by.ID)
	if err != nil {
		return "", err
	}
	if tag.RowsAffected() == 0 { // made by somebody else at this moment
		return "", chat.Errorf(chat.KeyReused, "This key was used for another room.")
	}
	r := &room{id: n.ID, kind: n.Kind, name: n.Name}
	subject, err = r.say(ctx, tx, events.RoomCreated, n.by,
		events.RoomCreatedData{Kind: n.Kind, Name: n.Name, Topic: n.Topic, Capacity: n.Capacity})
	if err != nil {
		return "", err
	}
	role := chat.Owner
	if n.Kind == chat.Direct {
		role = chat.Plain
	}
	if _, err := r.admit(ctx, tx, n.by, role); err != nil {
		return "", err
	}
	for _, person := range n.others {
		if _, err := r.admit(ctx, tx, person, chat.Plain); err != nil {
			return "", err
		}
	}
	return subject, nil
}

// OpenDirect returns the one direct room of two people, making it if it is the
// first time. not_found if nobody is called name; conflict with oneself.
//
// Who is in as many rooms as allowed cannot open another, but can be written to
// by others up to twice that number, so that nobody is shut off by them.
func (db *DB) OpenDirect(ctx context.Context, by events.Person, name string) (m chat.Membership, subject string, err error) {
	err = db.inTx(ctx, "open a direct room", func(ctx context.Context, tx pgx.Tx) error {
		peer, err := personNamed(ctx, tx, name)
		if err != nil {
			return err
		}
		if peer.ID == by.ID {
			return chat.Errorf(chat.Conflict, "A direct room needs two people.")
		}
		// Both are locked, so that of two who open it at once one makes it.
		if err := lockPeople(ctx, tx, by.ID, peer.ID); err != nil {
			return err
		}
		id, err := directRoom(ctx, tx, by, peer)
		if err != nil {
			return err
		}
		if id == "" {
			id, subject, err = db.makeDirect(ctx, tx, by, peer)
		} else {
			subject, err = pending(ctx, tx, events.Chat.Subject(id))
		}
		if err != nil {
			return err
		}
		m, err = membership(ctx, tx, by.ID, id)
		return err
	})
	return m, subject, err
}

// directKey is the same for two people in either order.
func directKey(a, b events.Person) string {
	return min(a.ID, b.ID) + ":" + max(a.ID, b.ID)
}

// directRoom returns the id of the two people's room, "" if there is none.
func directRoom(ctx context.Context, tx pgx.Tx, a, b events.Person) (id string, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce(max(id::text), '') FROM rooms WHERE direct_key = $1`, directKey(a, b)).Scan(&id)
	return id, err
}

func (db *DB) makeDirect(ctx context.Context, tx pgx.Tx, by, peer events.Person) (id, subject string, err error) {
	if err := checkRooms(ctx, tx, by.ID, db.limits.Rooms); err != nil {
		return "", "", err
	}
	if err := checkRooms(ctx, tx, peer.ID, 2*db.limits.Rooms); err != nil {
		return "", "", err
	}
	key := directKey(by, peer)
	id = chat.NewID()
	subject, err = insertRoom(ctx, tx, newRoom{NewRoom: chat.NewRoom{ID: id, Kind: chat.Direct}, directKey: &key, by: by, others: []events.Person{peer}})
	return id, subject, err
}
