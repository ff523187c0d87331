package sql

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// People returns a page of all people, by name.
func (db *DB) People(ctx context.Context, q chat.PeopleQuery) ([]chat.KnownPerson, error) {
	if !storable(q.Query) || q.After != "" && !events.IsID(q.After) {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT u.id, u.name, CASE WHEN $4 THEN coalesce(u.email, '') ELSE '' END, u.role, u.disabled IS NOT NULL, u.created,
		       (SELECT max(s.seen) FROM sessions s WHERE s.user_id = u.id)
		FROM users u
		WHERE (position($1 IN u.name_key) > 0 OR $4 AND position($1 IN u.email_key) > 0)
		  AND u.name_key > CASE WHEN $2::uuid IS NULL THEN '' ELSE (SELECT a.name_key FROM users a WHERE a.id = $2) END
		ORDER BY u.name_key LIMIT $3`, nameKey(q.Query), orNull(q.After), page(q.Limit), q.Emails)
	if err != nil {
		return nil, db.failed("list people", err)
	}
	people, err := pgx.CollectRows(rows, pgx.RowToStructByPos[chat.KnownPerson])
	return people, db.maybe("list people", err)
}
