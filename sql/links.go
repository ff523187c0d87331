package sql

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// linkOpen is true of a link to a room that can be used.
const linkOpen = `ended IS NULL AND uses_left > 0 AND expires > clock_timestamp()`

// MakeLink stores a link by which people may join a room, by a moderator of it.
// limit_reached if chat.MaxLinks are open; conflict for a direct room.
func (db *DB) MakeLink(ctx context.Context, by events.Person, id string, n chat.NewRoomLink) (l chat.RoomLink, err error) {
	_, err = db.deciding(ctx, "make a link", by, id, chat.Moderator, func(ctx context.Context, tx pgx.Tx, r *room, _ seat) (string, error) {
		if err := r.checkAlive(); err != nil {
			return "", err
		}
		var open int
		err := tx.QueryRow(ctx, `SELECT count(*) FROM room_links WHERE room_id = $1 AND `+linkOpen, r.id).Scan(&open)
		if err != nil {
			return "", err
		}
		if open >= chat.MaxLinks {
			return "", chat.Errorf(chat.LimitReached, "This room has %d open links: end one that is not needed any more.", open)
		}
		l = chat.RoomLink{ID: chat.NewID(), By: by, UsesLeft: n.Uses}
		return "", tx.QueryRow(ctx, `
			INSERT INTO room_links (id, room_id, hash, created_by, expires, uses_left)
			VALUES ($1, $2, $3, $4, clock_timestamp() + $5::interval, $6) RETURNING created, expires`,
			l.ID, r.id, n.Hash, by.ID, n.Lasts, n.Uses).Scan(&l.Created, &l.Expires)
	})
	return l, err
}

// Links returns the open links to a room, newest first, for its moderators.
func (db *DB) Links(ctx context.Context, by events.Person, id string) (list []chat.RoomLink, err error) {
	_, err = db.deciding(ctx, "list links", by, id, chat.Moderator, func(ctx context.Context, tx pgx.Tx, r *room, _ seat) (string, error) {
		rows, err := tx.Query(ctx, `
			SELECT l.id, u.id, u.name, l.created, l.expires, l.uses_left
			FROM room_links l JOIN users u ON u.id = l.created_by
			WHERE l.room_id = $1 AND `+linkOpen+` ORDER BY l.created DESC, l.id DESC LIMIT $2`, r.id, chat.MaxLinks)
		if err != nil {
			return "", err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (l chat.RoomLink, err error) {
			err = row.Scan(&l.ID, &l.By.ID, &l.By.Name, &l.Created, &l.Expires, &l.UsesLeft)
			return l, err
		})
		return "", err
	})
	return list, err
}

// EndLink makes a link worthless, by a moderator of its room. Repeating it is
// no error; not_found for what is no link of the room.
func (db *DB) EndLink(ctx context.Context, by events.Person, id, link string) error {
	_, err := db.deciding(ctx, "end a link", by, id, chat.Moderator, func(ctx context.Context, tx pgx.Tx, r *room, _ seat) (string, error) {
		if !events.IsID(link) {
			return "", noLink()
		}
		tag, err := tx.Exec(ctx, `
			UPDATE room_links SET ended = coalesce(ended, clock_timestamp()) WHERE id = $1 AND room_id = $2`, link, r.id)
		if err == nil && tag.RowsAffected() == 0 {
			err = noLink()
		}
		return "", err
	})
	return err
}

func noLink() error { return chat.Errorf(chat.NotFound, "This room has no such link.") }

// JoinByLink is Join by a link's hash. bad_invitation if it leads nowhere, or
// not any more; it is not used up by somebody who is a member already.
func (db *DB) JoinByLink(ctx context.Context, user events.Person, hash []byte) (m chat.Membership, subject string, err error) {
	err = db.inTx(ctx, "join a room by a link", func(ctx context.Context, tx pgx.Tx) error {
		var id string
		err := tx.QueryRow(ctx, `SELECT room_id FROM room_links WHERE hash = $1`, hash).Scan(&id)
		if errors.Is(err, pgx.ErrNoRows) {
			return badLink()
		} else if err != nil {
			return err
		}
		m, subject, err = db.join(ctx, tx, user, id, hash)
		return err
	})
	return m, subject, err
}

// useLink takes one use. The room's lock orders those who come at once.
func (r *room) useLink(ctx context.Context, tx pgx.Tx, hash []byte) error {
	tag, err := tx.Exec(ctx, `UPDATE room_links SET uses_left = uses_left - 1 WHERE hash = $1 AND room_id = $2 AND `+linkOpen, hash, r.id)
	if err == nil && tag.RowsAffected() == 0 {
		err = badLink()
	}
	return err
}

func badLink() error { return chat.Errorf(chat.BadInvitation, "This link is not valid any more.") }

// endLinksOf ends all links that somebody has made who may make none any more:
// whoever has one must not get in by it.
func (r *room) endLinksOf(ctx context.Context, tx pgx.Tx, user string) error {
	_, err := tx.Exec(ctx, `
		UPDATE room_links SET ended = clock_timestamp() WHERE room_id = $1 AND created_by = $2 AND ended IS NULL`, r.id, user)
	return err
}
