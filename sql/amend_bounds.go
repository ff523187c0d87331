package sql

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// A message has at most chat.MaxReactions kinds of reactions. Where more come at the
// same moment, the log's order decides, and what came too late has no effect, here
// as in chat.Amend.

// kinds are who put which emoji to one message.
type kinds map[string]map[pgtype.UUID]bool

// full returns the messages whose reactions a batch could bring beyond the bound,
// with all that they have: hardly ever any.
func full(ctx context.Context, tx pgx.Tx, all []amendment) (map[spot]kinds, error) {
	coming := map[spot]map[string]bool{}
	for _, a := range all {
		if a.ev.Type != events.MessageReacted || a.target == 0 {
			continue
		}
		if data, err := events.DataOf[events.MessageReactedData](a.ev); err == nil && data.On {
			if coming[a.spot()] == nil {
				coming[a.spot()] = map[string]bool{}
			}
			coming[a.spot()][data.Emoji] = true
		}
	}
	if len(coming) == 0 {
		return nil, nil
	}
	var rooms []pgtype.UUID
	var targets, most []int64
	for at, emoji := range coming {
		rooms, targets, most = append(rooms, at.room), append(targets, at.seq), append(most, int64(chat.MaxReactions-len(emoji)))
	}
	// Each step of kinds is one look into the index, however many people reacted.
	rows, err := tx.Query(ctx, `
		SELECT t.room_id, t.target, r.emoji, r.user_id
		FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) AS t (room_id, target, most)
		CROSS JOIN LATERAL (
			WITH RECURSIVE kind (emoji) AS (
				SELECT min(emoji) FROM reactions WHERE room_id = t.room_id AND target = t.target
				UNION ALL
				SELECT (SELECT min(emoji) FROM reactions WHERE room_id = t.room_id AND target = t.target AND emoji > kind.emoji)
				FROM kind WHERE kind.emoji IS NOT NULL
			) SELECT count(emoji) FROM kind
		) had (n)
		LEFT JOIN reactions r ON r.room_id = t.room_id AND r.target = t.target
		WHERE had.n > t.most`, rooms, targets, most)
	if err != nil {
		return nil, err
	}
	found := map[spot]kinds{}
	var at spot
	var emoji *string
	var user pgtype.UUID
	_, err = pgx.ForEachRow(rows, []any{&at.room, &at.seq, &emoji, &user}, func() error {
		if found[at] == nil {
			found[at] = kinds{}
		}
		if emoji != nil {
			found[at].put(*emoji, user, true)
		}
		return nil
	})
	return found, err
}

// put has a person put an emoji there or take it back; false if there are as many
// kinds as may be.
func (k kinds) put(emoji string, user pgtype.UUID, on bool) bool {
	switch {
	case !on:
		if delete(k[emoji], user); len(k[emoji]) == 0 {
			delete(k, emoji)
		}
		return true
	case k[emoji] == nil && len(k) >= chat.MaxReactions:
		return false
	case k[emoji] == nil:
		k[emoji] = map[pgtype.UUID]bool{}
	}
	k[emoji][user] = true
	return true
}
