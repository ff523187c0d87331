package sql

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// crowdID stands in mentions for all members of the room.
const crowdID = "00000000-0000-0000-0000-000000000000"

// unreadSince counts what a member m of room r has not read after since.seq, up
// to the bound $2: see chat.Tally. A message to all does not mention its author.
const unreadSince = `
	CROSS JOIN LATERAL (
		SELECT count(*) FROM (
			SELECT FROM events e
			WHERE e.room_id = r.id AND e.type = 'message.posted'
			  AND e.seq > since.seq AND e.actor_id IS DISTINCT FROM m.user_id
			LIMIT $2
		) counted
	) unread (n)
	CROSS JOIN LATERAL (
		SELECT coalesce(array_agg(seq ORDER BY seq), '{}') FROM (
			SELECT DISTINCT x.seq FROM mentions x
			WHERE x.user_id IN (m.user_id, '` + crowdID + `') AND x.room_id = r.id AND x.seq > since.seq
			  AND (x.user_id = m.user_id OR EXISTS (
				SELECT FROM events e WHERE e.room_id = r.id AND e.seq = x.seq AND e.actor_id IS DISTINCT FROM m.user_id))
			ORDER BY x.seq DESC LIMIT $2
		) newest
	) mentioned (seqs)
	CROSS JOIN LATERAL (SELECT greatest(
		(SELECT max(e.seq) FROM events e WHERE e.room_id = r.id),
		(SELECT max(a.seq) FROM amendments a WHERE a.room_id = r.id), 0)) newest (seq)`

// Unread counts what the user has not read of a room if their marker stands at
// read, to a bound. The counts are true up to offset, a sequence of CHAT;
// not_found if they are no member.
func (db *DB) Unread(ctx context.Context, user, room string, read uint64, bound int) (c chat.Counts, offset uint64, err error) {
	if !events.IsID(user) || !events.IsID(room) {
		return c, 0, noRoom()
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	err = db.pool.QueryRow(ctx, `
		SELECT position.seq, since.seq, newest.seq, unread.n, mentioned.seqs
		FROM (`+chatOffset+`) position (seq), members m JOIN rooms r ON r.id = m.room_id
		CROSS JOIN LATERAL (SELECT greatest($4, coalesce(m.joined_seq, 9223372036854775807))) since (seq)`+unreadSince+`
		WHERE m.user_id = $1 AND m.room_id = $3 AND m.left_at IS NULL`, user, bound, room, signed(read)).
		Scan(&offset, &c.Since, &c.At, &c.Unread, &c.Mentioned)
	if errors.Is(err, pgx.ErrNoRows) {
		return c, 0, noRoom()
	}
	return c, offset, db.maybe("count what is unread", err)
}

// Messages returns which of the sequences are messages of the room that are not
// deleted.
func (db *DB) Messages(ctx context.Context, room string, seqs []uint64) ([]uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT seq FROM events WHERE room_id = $1 AND type = 'message.posted' AND seq = ANY ($2) ORDER BY seq`, room, seqs)
	if err != nil {
		return nil, db.failed("look for messages", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[uint64])
	return found, db.maybe("look for messages", err)
}

// Markers returns how far up to limit members of the room have read, and the
// READS sequence up to which that is true.
func (db *DB) Markers(ctx context.Context, room string, limit int) (markers []chat.Marker, offset uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT position.seq, m.user_id::text, coalesce(x.seq, 0)
		FROM (`+readsOffset+`) position (seq), members m
		LEFT JOIN read_markers x ON x.room_id = m.room_id AND x.user_id = m.user_id
		WHERE m.room_id = $1 AND m.left_at IS NULL ORDER BY m.user_id LIMIT $2`, room, limit)
	if err != nil {
		return nil, 0, db.failed("list read markers", err)
	}
	var marker chat.Marker
	_, err = pgx.ForEachRow(rows, []any{&offset, &marker.User, &marker.Seq}, func() error {
		markers = append(markers, marker)
		return nil
	})
	return markers, offset, db.maybe("list read markers", err)
}

// MyMarkers returns how far the user has read these rooms, and the READS
// sequence up to which that is true.
func (db *DB) MyMarkers(ctx context.Context, user string, rooms []string) (read map[string]uint64, offset uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT position.seq, x.room_id::text, x.seq
		FROM (`+readsOffset+`) position (seq)
		LEFT JOIN read_markers x ON x.user_id = $1 AND x.room_id = ANY ($2::uuid[])`, user, rooms)
	if err != nil {
		return nil, 0, db.failed("look up read markers", err)
	}
	read = map[string]uint64{}
	var room *string
	var seq *uint64
	_, err = pgx.ForEachRow(rows, []any{&offset, &room, &seq}, func() error {
		if room != nil {
			read[*room] = *seq
		}
		return nil
	})
	return read, offset, db.maybe("look up read markers", err)
}
