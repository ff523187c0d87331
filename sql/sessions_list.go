package sql

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// OpenSessions returns the user's sessions, the last seen first.
func (db *DB) OpenSessions(ctx context.Context, user string) ([]chat.OpenSession, error) {
	if !events.IsID(user) {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT id::text, device, address, created, seen FROM sessions
		WHERE user_id = $1 AND ended IS NULL AND expires > clock_timestamp()
		ORDER BY seen DESC, id DESC LIMIT 1000`, user)
	if err != nil {
		return nil, db.failed("list sessions", err)
	}
	open, err := pgx.CollectRows(rows, pgx.RowToStructByPos[chat.OpenSession])
	return open, db.maybe("list sessions", err)
}

// EndedSessions returns those of the sessions and personal access tokens that
// have ended, have expired or never were, and those of people who were disabled.
func (db *DB) EndedSessions(ctx context.Context, sessions []string) ([]string, error) {
	var ended, known []string
	for _, id := range sessions {
		if events.IsID(id) {
			known = append(known, id)
		} else {
			ended = append(ended, id)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT asked.id::text FROM unnest($1::uuid[]) AS asked (id)
		WHERE NOT EXISTS (
			SELECT FROM sessions s JOIN users u ON u.id = s.user_id
			WHERE s.id = asked.id AND s.ended IS NULL AND s.expires > clock_timestamp() AND u.disabled IS NULL)
		  AND NOT EXISTS (
			SELECT FROM tokens t JOIN users u ON u.id = t.user_id
			WHERE t.id = asked.id AND `+tokenLives+`)`, known)
	if err != nil {
		return nil, db.failed("check sessions", err)
	}
	more, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, db.failed("check sessions", err)
	}
	return append(ended, more...), nil
}
