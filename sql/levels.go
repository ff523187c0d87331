package sql

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// SetLevel says what of a room the user wants to be told; not_found unless they
// are a member. The same level again is no second event.
func (db *DB) SetLevel(ctx context.Context, user events.Person, room string, level chat.Level) (subject string, err error) {
	if !events.IsID(room) {
		return "", noRoom()
	}
	err = db.inTx(ctx, "set a level", func(ctx context.Context, tx pgx.Tx) error {
		if err := lockPeople(ctx, tx, user.ID); err != nil {
			return err // their devices hear of two changes in the order in which they were made
		}
		if _, err := membership(ctx, tx, user.ID, room); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO levels AS l (room_id, user_id, level) VALUES ($1, $2, $3)
			ON CONFLICT (room_id, user_id) DO UPDATE SET level = excluded.level WHERE l.level <> excluded.level`,
			room, user.ID, string(level))
		if err != nil {
			return err
		}
		ev := events.New(events.LevelSet, chat.NewID(), user.ID, user, time.Now(), events.LevelSetData{Room: room, Level: string(level)})
		if tag.RowsAffected() == 0 {
			subject, err = pending(ctx, tx, ev.Subject())
			return err
		}
		subject = ev.Subject()
		return putOut(ctx, tx, ev)
	})
	return subject, err
}

// levelOf is a member's level, for a query with their room r and their row l of
// levels, if there is one.
const levelOf = `coalesce(l.level, CASE WHEN r.kind = 'direct' THEN 'all' ELSE 'mentions' END)`
