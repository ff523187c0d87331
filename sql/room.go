package sql

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// room is a room whose row this transaction has locked: until it ends, nobody
// else joins, leaves, is invited, changes anything or writes the room's outbox.
type room struct {
	id, kind, name string
	chat.RoomSettings
	rev     uint64
	members int
	limits  Limits
}

func (db *DB) lockRoom(ctx context.Context, tx pgx.Tx, id string) (*room, error) {
	r, err := lockRoom(ctx, tx, id)
	if err == nil {
		r.limits = db.limits
	}
	return r, err
}

func lockRoom(ctx context.Context, tx pgx.Tx, id string) (*room, error) {
	if !events.IsID(id) {
		return nil, noRoom()
	}
	r := &room{id: id}
	err := tx.QueryRow(ctx, `
		SELECT kind, name, topic, capacity, slow, archived, rev, member_count FROM rooms WHERE id = $1 FOR NO KEY UPDATE`, id).
		Scan(&r.kind, &r.name, &r.Topic, &r.Capacity, &r.Slow, &r.Archived, &r.rev, &r.members)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, noRoom()
	}
	return r, err
}

// open reports whether anybody may join the room.
func (r *room) open() bool { return r.kind == chat.Public || r.kind == chat.Announcement }

// admit makes the user, who must not be one, a member.
func (r *room) admit(ctx context.Context, tx pgx.Tx, user events.Person, role chat.Role) (subject string, err error) {
	r.rev++
	r.members++
	if err := r.saveCounts(ctx, tx); err != nil {
		return "", err
	}
	var again bool
	err = tx.QueryRow(ctx, `
		INSERT INTO members AS m (room_id, user_id, name_key, rev, role, joined) VALUES ($1, $2, $3, $4, $5, clock_timestamp())
		ON CONFLICT (room_id, user_id) DO UPDATE
		SET rev = excluded.rev, role = excluded.role, joined = excluded.joined, again = true, joined_seq = NULL, left_at = NULL
		WHERE m.left_at IS NOT NULL
		RETURNING again`, r.id, user.ID, nameKey(user.Name), r.rev, role).Scan(&again)
	if err != nil {
		return "", err
	}
	data := events.MemberJoinedData{Rev: r.rev, User: user, Again: again}
	if role != chat.Plain {
		data.Role = string(role)
	}
	return r.say(ctx, tx, events.MemberJoined, user, data)
}

// dismiss ends the membership of data's user, which must exist. What they could
// do in the room ends with it.
func (r *room) dismiss(ctx context.Context, tx pgx.Tx, by events.Person, data events.MemberLeftData) (subject string, err error) {
	r.rev++
	r.members--
	if err := r.saveCounts(ctx, tx); err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, `
		UPDATE members SET left_at = clock_timestamp(), role = 'member' WHERE room_id = $1 AND user_id = $2`, r.id, data.User.ID)
	if err != nil {
		return "", err
	}
	if err := r.endLinksOf(ctx, tx, data.User.ID); err != nil {
		return "", err
	}
	data.Rev = r.rev
	return r.say(ctx, tx, events.MemberLeft, by, data)
}

func (r *room) saveCounts(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `UPDATE rooms SET rev = $2, member_count = $3 WHERE id = $1`, r.id, r.rev, r.members)
	return err
}

// say writes an event of the room into the outbox.
func (r *room) say(ctx context.Context, tx pgx.Tx, t events.Type, actor events.Person, data any) (subject string, err error) {
	ev := events.New(t, chat.NewID(), r.id, actor, time.Now(), data)
	return ev.Subject(), putOut(ctx, tx, ev)
}

// nothingNew is what a command returns that found its work done: the room's
// subject if a try before wrote events that still wait.
func (r *room) nothingNew(ctx context.Context, tx pgx.Tx) (subject string, err error) {
	return pending(ctx, tx, events.Chat.Subject(r.id))
}

// checkSpace returns limit_reached if the room is full. The lobby never is.
func (r *room) checkSpace() error {
	most := r.limits.Members
	if r.Capacity > 0 {
		most = min(most, r.Capacity)
	}
	if r.id != LobbyID && r.members >= most {
		return chat.Errorf(chat.LimitReached, "This room is full: %d people are in it.", r.members)
	}
	return nil
}

// checkAlive returns archived for a room in which nothing happens any more.
func (r *room) checkAlive() error {
	if r.Archived {
		return chat.Errorf(chat.Archived, "This room is archived.")
	}
	return nil
}

// lockPeople locks users, in the order of their ids, so that what they have
// cannot change meanwhile. They are locked before any room.
func lockPeople(ctx context.Context, tx pgx.Tx, users ...string) error {
	rows, err := tx.Query(ctx, `SELECT id::text FROM users WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`, users)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err == nil && len(found) < len(users) {
		return chat.Errorf(chat.NotFound, "There is no such person.")
	}
	return err
}

// checkRooms returns limit_reached if the user, who is locked, is in limit
// rooms already.
func checkRooms(ctx context.Context, tx pgx.Tx, user string, limit int) error {
	var n int
	err := tx.QueryRow(ctx, `SELECT count(*) FROM members WHERE user_id = $1 AND left_at IS NULL`, user).Scan(&n)
	if err == nil && n >= limit {
		return chat.Errorf(chat.LimitReached, "Nobody can be in more than %d rooms: leave one first.", limit)
	}
	return err
}
