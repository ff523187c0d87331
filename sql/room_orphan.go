package sql

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
)

// handing returns the seat of the owner in whose place actor hands the room over:
// their own, or that of an owner who was disabled. For that one its moderators
// act, by the room or as natter's staff; where it has none who can, whoever has
// been a member longest.
func (r *room) handing(ctx context.Context, tx pgx.Tx, actor seat) (owner seat, err error) {
	if actor.role == chat.Owner {
		return actor, nil
	}
	var gone, heir string
	err = tx.QueryRow(ctx, `
		SELECT o.user_id::text, heir.id
		FROM members o JOIN users ou ON ou.id = o.user_id
		CROSS JOIN LATERAL (
			SELECT m.user_id::text FROM members m JOIN users u ON u.id = m.user_id
			WHERE m.room_id = o.room_id AND m.left_at IS NULL AND u.disabled IS NULL
			ORDER BY m.role = 'moderator' DESC, m.joined, m.user_id LIMIT 1
		) heir (id)
		WHERE o.room_id = $1 AND o.role = 'owner' AND o.left_at IS NULL AND ou.disabled IS NOT NULL`, r.id).Scan(&gone, &heir)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return owner, forbidden(chat.Owner)
	case err != nil:
		return owner, err
	case !actor.role.May(chat.Moderator) && actor.ID != heir:
		return owner, forbidden(chat.Moderator)
	}
	return r.seat(ctx, tx, gone)
}
