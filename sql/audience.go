package sql

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Listeners returns the members of the rooms who may have to be told: those who
// are named, those at level all, and all of a crowd, of the last two up to
// chat.MaxTold of a room. It is one query and one moment; those who signed up
// first come first.
func (db *DB) Listeners(ctx context.Context, asked []chat.Audience) ([]chat.Listener, error) {
	var rooms, namedRooms, named []string
	var crowds []bool
	for _, a := range asked {
		rooms, crowds = append(rooms, a.Room), append(crowds, a.Crowd)
		for _, user := range a.Named {
			namedRooms, named = append(namedRooms, a.Room), append(named, user)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		WITH asked AS (SELECT * FROM unnest($1::uuid[], $2::boolean[]) a (room_id, crowd)), seats AS (
			SELECT * FROM unnest($3::uuid[], $4::uuid[]) n (room_id, user_id)
			UNION SELECT a.room_id, loud.user_id FROM asked a CROSS JOIN LATERAL (
				SELECT l.user_id FROM levels l JOIN members m ON m.room_id = l.room_id AND m.user_id = l.user_id
				WHERE l.room_id = a.room_id AND l.level = 'all' AND m.left_at IS NULL ORDER BY l.user_id LIMIT $5) loud
			UNION SELECT a.room_id, loud.user_id FROM asked a CROSS JOIN LATERAL (
				SELECT user_id FROM members WHERE a.crowd AND room_id = a.room_id AND left_at IS NULL ORDER BY user_id LIMIT $5) loud
		)
		SELECT m.room_id::text, u.id::text, u.name, `+levelOf+`, coalesce(x.seq, 0), `+seenFrom+`
		FROM seats s
		JOIN members m ON m.room_id = s.room_id AND m.user_id = s.user_id AND m.left_at IS NULL
		JOIN rooms r ON r.id = m.room_id
		JOIN users u ON u.id = m.user_id
		LEFT JOIN levels l ON l.room_id = m.room_id AND l.user_id = m.user_id
		LEFT JOIN read_markers x ON x.room_id = m.room_id AND x.user_id = m.user_id
		ORDER BY m.room_id, m.user_id`, rooms, crowds, namedRooms, named, chat.MaxTold)
	if err != nil {
		return nil, db.failed("find whom to tell", err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l chat.Listener, err error) {
		err = row.Scan(&l.Room, &l.User.ID, &l.User.Name, &l.Level, &l.Read, &l.From)
		return l, err
	})
	return all, db.maybe("find whom to tell", err)
}

// Everybody returns the members of a room, up to chat.MaxMembers.
func (db *DB) Everybody(ctx context.Context, room string) ([]events.Person, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT u.id::text, u.name FROM members m JOIN users u ON u.id = m.user_id
		WHERE m.room_id = $1 AND m.left_at IS NULL ORDER BY m.user_id LIMIT $2`, room, chat.MaxMembers)
	if err != nil {
		return nil, db.failed("list everybody in a room", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[events.Person])
	return all, db.maybe("list everybody in a room", err)
}
