package sql

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// A ban ends by itself: nothing has to happen at its time.
const banHolds = `(expires IS NULL OR expires > clock_timestamp())`

// checkBan returns banned, with the end and the reason, for somebody who may
// not come into the room.
func (r *room) checkBan(ctx context.Context, tx pgx.Tx, user string) error {
	var reason string
	var until *time.Time
	err := tx.QueryRow(ctx, `SELECT reason, expires FROM bans WHERE room_id = $1 AND user_id = $2 AND `+banHolds, r.id, user).
		Scan(&reason, &until)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	} else if err != nil {
		return err
	}
	says, terms := "You are banned from this room", chat.BanTerms{Reason: reason}
	if until != nil {
		terms.Until = until.UTC()
		says += " until " + terms.Until.Format(time.RFC3339)
	}
	if reason != "" {
		says += ": " + reason
	}
	return &chat.Error{Code: chat.Banned, Detail: says + ".", Ban: &terms}
}

// Ban keeps somebody out of a room, for so long or, for 0, for ever: whether
// they are a member or not, and however they are invited. Banning again replaces
// the end and the reason. See over for who may decide about whom; limit_reached
// if the room has chat.MaxBans.
func (db *DB) Ban(ctx context.Context, by events.Person, id, user, reason string, lasts time.Duration) (subject string, err error) {
	if err := chat.CheckReason(reason); err != nil {
		return "", err
	}
	return db.deciding(ctx, "ban somebody", by, id, chat.Moderator, func(ctx context.Context, tx pgx.Tx, r *room, actor seat) (string, error) {
		s, err := r.seat(ctx, tx, user)
		if err == nil {
			err = actor.above(s)
		}
		if err != nil {
			return "", err
		}
		until, err := r.ban(ctx, tx, by, s.ID, reason, lasts)
		if err != nil {
			return "", err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM invitations WHERE room_id = $1 AND user_id = $2`, r.id, s.ID); err != nil {
			return "", err
		}
		if s.is != present {
			return r.nothingNew(ctx, tx)
		}
		return r.dismiss(ctx, tx, by, events.MemberLeftData{User: s.Person, How: events.LeftBanned, Reason: reason, Until: until})
	})
}

// ban stores it and returns when it ends; zero: never.
func (r *room) ban(ctx context.Context, tx pgx.Tx, by events.Person, user, reason string, lasts time.Duration) (until time.Time, err error) {
	var others int
	err = tx.QueryRow(ctx, `SELECT count(*) FROM bans WHERE room_id = $1 AND user_id <> $2 AND `+banHolds, r.id, user).Scan(&others)
	if err != nil {
		return until, err
	}
	if others >= chat.MaxBans {
		return until, chat.Errorf(chat.LimitReached, "%d people are banned from this room, which is as many as can be.", others)
	}
	var expires *time.Time
	err = tx.QueryRow(ctx, `
		INSERT INTO bans (room_id, user_id, banned_by, reason, expires)
		VALUES ($1, $2, $3, $4, CASE WHEN $5::interval > '0' THEN clock_timestamp() + $5::interval END)
		ON CONFLICT (room_id, user_id) DO UPDATE
		SET banned_by = excluded.banned_by, reason = excluded.reason, created = excluded.created, expires = excluded.expires
		RETURNING expires`, r.id, user, by.ID, reason, max(lasts, 0)).Scan(&expires)
	if expires != nil {
		until = *expires
	}
	return until, err
}

// Unban lets somebody come into the room again, if it lets them. Nobody is a
// member by it. Repeating it is no error.
func (db *DB) Unban(ctx context.Context, by events.Person, id, user string) error {
	_, err := db.deciding(ctx, "end a ban", by, id, chat.Moderator, func(ctx context.Context, tx pgx.Tx, r *room, _ seat) (string, error) {
		s, err := r.seat(ctx, tx, user)
		if err == nil {
			_, err = tx.Exec(ctx, `DELETE FROM bans WHERE room_id = $1 AND user_id = $2`, r.id, s.ID)
		}
		return "", err
	})
	return err
}

// Bans returns who is banned from a room, newest first, for its moderators.
func (db *DB) Bans(ctx context.Context, by events.Person, id string) (list []chat.Ban, err error) {
	_, err = db.deciding(ctx, "list bans", by, id, chat.Moderator, func(ctx context.Context, tx pgx.Tx, r *room, _ seat) (string, error) {
		rows, err := tx.Query(ctx, `
			SELECT u.id, u.name, m.id, m.name, b.reason, b.created, b.expires
			FROM bans b JOIN users u ON u.id = b.user_id JOIN users m ON m.id = b.banned_by
			WHERE b.room_id = $1 AND `+banHolds+` ORDER BY b.created DESC, u.id LIMIT $2`, r.id, chat.MaxBans)
		if err != nil {
			return "", err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (b chat.Ban, err error) {
			var until *time.Time
			err = row.Scan(&b.User.ID, &b.User.Name, &b.By.ID, &b.By.Name, &b.Reason, &b.Created, &until)
			if until != nil {
				b.Until = *until
			}
			return b, err
		})
		return "", err
	})
	return list, err
}
