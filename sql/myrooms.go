package sql

import (
	"context"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// MyRooms returns the user's rooms and the CHAT sequence up to which their
// last, unread and mentions are true, in one snapshot. Latest activity first:
// the newest message, or one's own joining.
//
// Unread counts begin where the user joined, so that a new member does not have
// the room's whole past to read. Nobody's own messages are unread.
func (db *DB) MyRooms(ctx context.Context, user string) (rooms []chat.MyRoom, offset uint64, err error) {
	if !events.IsID(user) {
		return nil, 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, myRooms, user, chat.UnreadCounted)
	if err != nil {
		return nil, 0, db.failed("list somebody's rooms", err)
	}
	defer rows.Close()
	for rows.Next() {
		room, at, err := scanMyRoom(rows.Scan)
		if err != nil {
			return nil, 0, db.failed("list somebody's rooms", err)
		}
		if offset = at; room != nil {
			rooms = append(rooms, *room)
		}
	}
	return rooms, offset, db.maybe("list somebody's rooms", rows.Err())
}

// The offset stands on every row, and alone on one if there are no rooms.
const myRooms = `
	SELECT position.seq, mine.*
	FROM (` + chatOffset + `) position (seq)
	LEFT JOIN LATERAL (
		SELECT r.id::text, r.kind, r.name, r.member_count, r.created, r.topic, r.capacity, r.slow, r.archived,
		       ` + roleInRoom + ` AS role, m.muted, p.id::text AS peer_id, p.name AS peer_name,
		       last.seq, last.envelope, marker.seq AS read, unread.n AS unread, mentioned.n AS mentioned
		FROM members m JOIN rooms r ON r.id = m.room_id JOIN users me ON me.id = m.user_id` + peerOfDirect + `
		-- since: unread are those after it; none until the log has the joining
		CROSS JOIN LATERAL (SELECT coalesce(m.joined_seq, 9223372036854775807)) joined (seq)
		CROSS JOIN LATERAL (
			SELECT coalesce(max(seq), 0) FROM read_markers WHERE room_id = r.id AND user_id = m.user_id
		) marker (seq)
		CROSS JOIN LATERAL (SELECT greatest(marker.seq, joined.seq)) since (seq)
		LEFT JOIN LATERAL (
			SELECT e.seq, coalesce(e.current, e.envelope) AS envelope FROM events e
			WHERE e.room_id = r.id AND e.type = 'message.posted' AND (NOT m.again OR e.seq > joined.seq)
			ORDER BY e.seq DESC LIMIT 1
		) last ON true
		CROSS JOIN LATERAL (
			SELECT count(*) FROM (
				SELECT FROM events e
				WHERE e.room_id = r.id AND e.type = 'message.posted'
				  AND e.seq > since.seq AND e.actor_id IS DISTINCT FROM m.user_id
				LIMIT $2
			) counted
		) unread (n)
		CROSS JOIN LATERAL (
			SELECT count(*) FROM (
				SELECT FROM mentions WHERE user_id = m.user_id AND room_id = r.id AND seq > since.seq LIMIT $2
			) counted
		) mentioned (n)
		WHERE m.user_id = $1 AND m.left_at IS NULL
		ORDER BY greatest(last.seq, joined.seq) DESC, r.id
	) mine ON true`

func scanMyRoom(scan func(...any) error) (*chat.MyRoom, uint64, error) {
	var offset uint64
	var id, kind, name, topic, role, peerID, peerName, envelope *string
	var archived *bool
	var muted *time.Time
	var room chat.MyRoom
	var nullable struct {
		members, unread, mentions, capacity, slow *int
		last, read                                *uint64
	}
	created := &room.Created
	err := scan(&offset, &id, &kind, &name, &nullable.members, &created, &topic, &nullable.capacity, &nullable.slow,
		&archived, &role, &muted, &peerID, &peerName,
		&nullable.last, &envelope, &nullable.read, &nullable.unread, &nullable.mentions)
	if err != nil || id == nil {
		return nil, offset, err
	}
	room.Room = chat.Room{ID: *id, Kind: *kind, Name: *name, Members: *nullable.members, Created: *created,
		RoomSettings: chat.RoomSettings{Topic: *topic, Capacity: *nullable.capacity, Slow: *nullable.slow, Archived: *archived}}
	room.Role, room.Muted = chat.Role(*role), orZero(muted)
	room.Read, room.Unread, room.Mentions = *nullable.read, *nullable.unread, *nullable.mentions
	if peerID != nil {
		room.Peer = &events.Person{ID: *peerID, Name: *peerName}
	}
	if nullable.last != nil {
		room.Last = &chat.Item{Seq: *nullable.last, Event: []byte(*envelope)}
	}
	return &room, offset, nil
}
