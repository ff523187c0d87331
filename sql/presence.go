package sql

import (
	"context"
	"slices"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// CrowdsOf returns the rooms as of one moment, with all members of those that
// have most or fewer. Rooms that do not exist are absent.
func (db *DB) CrowdsOf(ctx context.Context, rooms []string, most int) (map[string]chat.Crowd, error) {
	return db.crowds(ctx, `
		SELECT r.id::text, r.rev, r.member_count, m.user_id::text, `+lastSeen+`
		FROM rooms r
		LEFT JOIN members m ON m.room_id = r.id AND m.left_at IS NULL AND r.member_count <= $2
		LEFT JOIN seen ON seen.user_id = m.user_id
		WHERE r.id = ANY ($1)`, ids(rooms), most)
}

// CrowdsAmong returns which of the users are members of which of the rooms, as
// of one moment. Sizes are not told.
func (db *DB) CrowdsAmong(ctx context.Context, rooms, users []string) (map[string]chat.Crowd, error) {
	return db.crowds(ctx, `
		SELECT r.id::text, r.rev, 0, m.user_id::text, NULL::timestamptz
		FROM rooms r
		LEFT JOIN members m ON m.room_id = r.id AND m.left_at IS NULL AND m.user_id = ANY ($2)
		WHERE r.id = ANY ($1)`, ids(rooms), ids(users))
}

// lastSeen is when m.user_id was last seen, for a query with their row of seen:
// on a socket, or by prolonging a session.
const lastSeen = `greatest(seen.at, (SELECT max(s.seen) FROM sessions s WHERE s.user_id = m.user_id))`

func (db *DB) crowds(ctx context.Context, query string, args ...any) (map[string]chat.Crowd, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	found := map[string]chat.Crowd{}
	rows, err := db.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, db.failed("look up who is in rooms", err)
	}
	defer rows.Close()
	for rows.Next() {
		var room string
		var c chat.Crowd
		var user *string
		var seen *time.Time
		if err := rows.Scan(&room, &c.Rev, &c.Size, &user, &seen); err != nil {
			return nil, db.failed("look up who is in rooms", err)
		}
		if known, ok := found[room]; ok {
			c = known
		} else {
			c.Members = map[string]time.Time{}
		}
		if user != nil {
			c.Members[*user] = orZero(seen)
		}
		found[room] = c
	}
	return found, db.maybe("look up who is in rooms", rows.Err())
}

// SaveSeen writes down when people were last seen; it never goes back.
func (db *DB) SaveSeen(ctx context.Context, seen map[string]time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	users := make([]string, 0, len(seen))
	for user := range seen {
		if events.IsID(user) {
			users = append(users, user)
		}
	}
	slices.Sort(users) // two edges lock the rows in the same order
	at := make([]time.Time, len(users))
	for i, user := range users {
		at[i] = seen[user]
	}
	_, err := db.pool.Exec(ctx, `
		INSERT INTO seen AS s (user_id, at)
		SELECT n.user_id, n.at FROM unnest($1::uuid[], $2::timestamptz[]) n (user_id, at)
		WHERE EXISTS (SELECT FROM users u WHERE u.id = n.user_id)
		ORDER BY n.user_id
		ON CONFLICT (user_id) DO UPDATE SET at = excluded.at WHERE s.at < excluded.at`, users, at)
	return db.maybe("write down who was seen", err)
}

// Seen returns when each of the users was last seen. Those of whom nothing is
// known are absent.
func (db *DB) Seen(ctx context.Context, users []string) (map[string]time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT m.user_id::text, `+lastSeen+`
		FROM unnest($1::uuid[]) m (user_id) LEFT JOIN seen ON seen.user_id = m.user_id`, ids(users))
	if err != nil {
		return nil, db.failed("look up who was seen", err)
	}
	defer rows.Close()
	found := map[string]time.Time{}
	for rows.Next() {
		var user string
		var at *time.Time
		if err := rows.Scan(&user, &at); err != nil {
			return nil, db.failed("look up who was seen", err)
		}
		if at != nil {
			found[user] = at.UTC()
		}
	}
	return found, db.maybe("look up who was seen", rows.Err())
}

// ids leaves out what is no id: nothing has it.
func ids(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(id string) bool { return !events.IsID(id) })
}
