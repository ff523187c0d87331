package sql

import (
	"context"
	"math"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// The columns of a membership, for a query with members m, rooms r, users me and
// the lateral peer p. A member who came back sees the room from their return on,
// and nothing until the log has it.
const membershipColumns = `
	r.id, r.kind, r.name, r.member_count, r.created, r.topic, r.capacity, r.slow, r.archived,
	p.id::text, p.name, m.rev, ` + seenFrom + `, r.rev, m.muted, ` + roleInRoom + ` AS role, m.role,
	(SELECT coalesce(max(seq), 0) FROM amendments WHERE room_id = r.id)`

// seenFrom is a Membership's From.
const seenFrom = `CASE WHEN m.again THEN coalesce(m.joined_seq, 9223372036854775807) ELSE 0 END`

// peerOfDirect finds the other of two. Its limit keeps the planner from joining
// all members of a room that is not direct, only to drop them.
const peerOfDirect = `
	LEFT JOIN LATERAL (
		SELECT u.id, u.name FROM members o JOIN users u ON u.id = o.user_id
		WHERE r.kind = 'direct' AND o.room_id = r.id AND o.user_id <> m.user_id LIMIT 1
	) p ON true`

// membershipRow receives membershipColumns.
type membershipRow struct {
	chat.Membership
	peerID, peerName *string
	muted            *time.Time
	own              chat.Role
}

func (m *membershipRow) targets() []any {
	return []any{&m.Room.ID, &m.Room.Kind, &m.Room.Name, &m.Room.Members, &m.Room.Created,
		&m.Room.Topic, &m.Room.Capacity, &m.Room.Slow, &m.Room.Archived,
		&m.peerID, &m.peerName, &m.Rev, &m.From, &m.At, &m.muted, &m.Role, &m.own, &m.Amended}
}

func (m *membershipRow) value() chat.Membership {
	if m.peerID != nil && m.peerName != nil {
		m.Room.Peer = &events.Person{ID: *m.peerID, Name: *m.peerName}
	}
	m.Muted, m.Lent = orZero(m.muted), m.Role != m.own
	return m.Membership
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// Memberships returns the membership of each of the seats that is taken, in one
// query and as of one moment. Others are absent.
func (db *DB) Memberships(ctx context.Context, seats []chat.Seat) (map[chat.Seat]chat.Membership, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	found, err := memberships(ctx, db.pool, seats)
	return found, db.maybe("look up memberships", err)
}

func memberships(ctx context.Context, q querier, seats []chat.Seat) (map[chat.Seat]chat.Membership, error) {
	found := make(map[chat.Seat]chat.Membership, len(seats))
	users, rooms := make([]string, 0, len(seats)), make([]string, 0, len(seats))
	for _, s := range seats {
		if events.IsID(s.User) && events.IsID(s.Room) { // no other can exist
			users, rooms = append(users, s.User), append(rooms, s.Room)
		}
	}
	if len(users) == 0 {
		return found, nil
	}
	rows, err := q.Query(ctx, `
		SELECT m.user_id, `+membershipColumns+`
		FROM unnest($1::uuid[], $2::uuid[]) seat (user_id, room_id)
		JOIN members m ON m.room_id = seat.room_id AND m.user_id = seat.user_id AND m.left_at IS NULL
		JOIN users me ON me.id = m.user_id
		JOIN rooms r ON r.id = m.room_id`+peerOfDirect, users, rooms)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var user string
		var m membershipRow
		if err := rows.Scan(append([]any{&user}, m.targets()...)...); err != nil {
			return nil, err
		}
		found[chat.Seat{User: user, Room: m.Room.ID}] = m.value()
	}
	return found, rows.Err()
}

// membership returns one membership; not_found if there is none.
func membership(ctx context.Context, q querier, user, room string) (chat.Membership, error) {
	seat := chat.Seat{User: user, Room: room}
	found, err := memberships(ctx, q, []chat.Seat{seat})
	if err != nil {
		return chat.Membership{}, err
	}
	m, ok := found[seat]
	if !ok {
		return m, noRoom()
	}
	return m, nil
}

// PublicRooms returns the rooms that anybody may join and whose name or topic
// contains query (compared without case), by name; after is the last id of the page before, or "".
func (db *DB) PublicRooms(ctx context.Context, query, after string, limit int) ([]chat.Room, error) {
	if !storable(query) || after != "" && !events.IsID(after) {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT id, kind, name, member_count, created, topic, capacity, slow FROM rooms
		WHERE kind IN ('public', 'announcement') AND NOT archived
		  AND (position($1 IN name_key) > 0 OR position($1 IN topic_key) > 0)
		  AND (name_key, id) > (
			CASE WHEN $2::uuid IS NULL THEN '' ELSE (SELECT a.name_key FROM rooms a WHERE a.id = $2) END,
			coalesce($2::uuid, '00000000-0000-0000-0000-000000000000'))
		ORDER BY name_key, id LIMIT $3`, nameKey(query), orNull(after), page(limit))
	if err != nil {
		return nil, db.failed("list public rooms", err)
	}
	rooms, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r chat.Room, err error) {
		err = row.Scan(&r.ID, &r.Kind, &r.Name, &r.Members, &r.Created, &r.Topic, &r.Capacity, &r.Slow)
		return r, err
	})
	return rooms, db.maybe("list public rooms", err)
}

// Members returns a room's members by name; after is the last name of the page
// before, or "".
func (db *DB) Members(ctx context.Context, room, after string, limit int) ([]chat.Member, error) {
	if !events.IsID(room) || !storable(after) {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT me.id, me.name, m.joined, coalesce(read.seq, 0), `+roleInRoom+`, m.muted
		FROM members m
		JOIN users me ON me.id = m.user_id
		JOIN rooms r ON r.id = m.room_id
		LEFT JOIN read_markers read ON read.room_id = m.room_id AND read.user_id = m.user_id
		WHERE m.room_id = $1 AND m.left_at IS NULL AND m.name_key > $2
		ORDER BY m.name_key LIMIT $3`, room, nameKey(after), page(limit))
	if err != nil {
		return nil, db.failed("list members", err)
	}
	members, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (m chat.Member, err error) {
		var muted *time.Time
		err = row.Scan(&m.ID, &m.Name, &m.Joined, &m.Read, &m.Role, &muted)
		m.Muted = orZero(muted)
		return m, err
	})
	return members, db.maybe("list members", err)
}

// MembersNamed returns those members of the room whose name is one of names
// (compared without case), by name.
func (db *DB) MembersNamed(ctx context.Context, room string, names []string) ([]events.Person, error) {
	keys := nameKeys(names)
	if !events.IsID(room) || len(keys) == 0 {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT u.id, u.name FROM members m JOIN users u ON u.id = m.user_id
		WHERE m.room_id = $1 AND m.left_at IS NULL AND m.name_key = ANY ($2)
		ORDER BY m.name_key`, room, keys)
	if err != nil {
		return nil, db.failed("find members by name", err)
	}
	people, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p events.Person, err error) {
		err = row.Scan(&p.ID, &p.Name)
		return p, err
	})
	return people, db.maybe("find members by name", err)
}

func orNull(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}

// page returns limit within 1 and one more than chat.MaxPage: whoever asks for
// one more than a page holds learns whether there is a next.
func page(limit int) int { return min(max(limit, 1), chat.MaxPage+1) }

// signed returns a sequence as PostgreSQL has it; what is larger than any is
// the largest.
func signed(seq uint64) int64 { return int64(min(seq, math.MaxInt64)) }
