package sql

import (
	"context"
	"fmt"

	"github.com/natter-chat/natter/chat"
)

// ErasedRow says that the log should not have what stood at Seq: a deleted
// message, or a version or copy of it. Of one that is due the log may have it
// still.
type ErasedRow struct {
	Seq uint64
	Due bool
}

// ErasedFrom returns what CHAT should have forgotten of after < seq ≤ upTo. Only
// a message that is shown as deleted explains it.
func (s *Snapshot) ErasedFrom(ctx context.Context, after, upTo uint64) ([]ErasedRow, error) {
	return collect[ErasedRow](ctx, s, `
		SELECT e.seq, e.done IS NULL FROM erasures e
		JOIN events t ON t.room_id = e.room_id AND t.seq = e.target AND t.type = 'message.erased'
		WHERE e.seq > $1 AND e.seq <= $2 AND NOT e.kept
		UNION
		SELECT t.seq, false FROM events t
		WHERE t.type = 'message.erased' AND t.seq > $1 AND t.seq <= $2 AND NOT EXISTS (SELECT FROM erasures e WHERE e.seq = t.seq)`,
		signed(after), signed(upTo))
}

// DeletedOver counts messages before a sequence whose deletion stands after it:
// what the log lacks there may have been an edit of one of them.
func (s *Snapshot) DeletedOver(ctx context.Context, seq uint64) (uint64, error) {
	return s.count(ctx, `
		SELECT count(*) FROM events
		WHERE type = 'message.erased' AND seq < $1 AND (envelope::jsonb #>> '{data,deleted}')::bigint > $1`, signed(seq))
}

// Erasing returns how much is still to be erased from the log.
func (s *Snapshot) Erasing(ctx context.Context) (uint64, error) {
	return s.count(ctx, `SELECT count(*) FROM erasures WHERE done IS NULL`)
}

// TombstoneRow is what is left of a deleted message. Deletion is the envelope of
// the message.deleted that it names, empty if there is none.
type TombstoneRow struct {
	Seq, DeletedAt     uint64
	Room, ID, Envelope string
	Deletion           string
	Left               string // what belongs to the message and should be gone with it
}

// Tombstones lists those whose deletion stands after a sequence, in the stream's
// order.
func (s *Snapshot) Tombstones(ctx context.Context, after uint64) (*List[TombstoneRow], error) {
	return list[TombstoneRow](ctx, s, fmt.Sprintf(`
		SELECT t.seq, t.deleted, t.room_id::text, t.id::text, t.envelope, coalesce(d.envelope, ''),
			concat_ws(', ',
				CASE WHEN t.current IS NOT NULL THEN 'its text' END,
				CASE WHEN EXISTS (SELECT FROM amendments a WHERE a.room_id = t.room_id AND a.target = t.seq AND a.type = 'message.edited') THEN 'versions' END,
				CASE WHEN EXISTS (SELECT FROM mentions m WHERE m.room_id = t.room_id AND m.seq = t.seq) THEN 'mentions' END,
				CASE WHEN EXISTS (SELECT FROM reactions r WHERE r.room_id = t.room_id AND r.target = t.seq) THEN 'reactions' END,
				CASE WHEN EXISTS (SELECT FROM pins p WHERE p.room_id = t.room_id AND p.target = t.seq) THEN 'a pin' END)
		FROM (SELECT *, (envelope::jsonb #>> '{data,deleted}')::bigint AS deleted FROM events WHERE type = 'message.erased') t
		LEFT JOIN amendments d ON d.room_id = t.room_id AND d.seq = t.deleted AND d.type = 'message.deleted' AND d.target = t.seq
		WHERE t.deleted > %d ORDER BY t.seq`, signed(after)))
}

// VersionRow is a message that has edits, and one of these. Current is what the
// tables say that the message says now.
type VersionRow struct {
	Seq, EditSeq      uint64
	Room              string
	Envelope, Current string
	Edit              string
	Mentioned         []string // whom the tables say that it mentions, without all
}

// Versions lists the edits of messages that are not deleted, and messages that
// have another text than their own and no edit, message by message, in the order
// of their edits.
func (s *Snapshot) Versions(ctx context.Context, after uint64) (*List[VersionRow], error) {
	return list[VersionRow](ctx, s, fmt.Sprintf(`
		SELECT e.seq, coalesce(a.seq, 0), e.room_id::text, e.envelope, coalesce(e.current, ''), coalesce(a.envelope, ''),
			ARRAY(SELECT user_id::text FROM mentions m WHERE m.room_id = e.room_id AND m.seq = e.seq
				AND m.user_id <> '`+crowdID+`' ORDER BY 1)
		FROM events e
		LEFT JOIN amendments a ON a.room_id = e.room_id AND a.target = e.seq AND a.type = 'message.edited'
		WHERE e.seq > %d AND (a.seq IS NOT NULL AND e.type = 'message.posted' OR e.current IS NOT NULL)
		ORDER BY e.seq, a.seq`, signed(after)))
}

// EditedOf returns which of the messages have another text than their own.
func (s *Snapshot) EditedOf(ctx context.Context, ids []string) (map[string]uint64, error) {
	return s.places(ctx, `SELECT id::text, seq FROM events WHERE id = ANY ($1::uuid[]) AND current IS NOT NULL`, ids)
}

// MisplacedRow is a reaction or pin that is not what the amendments come to.
type MisplacedRow struct {
	Seq        uint64 // of the message
	Room       string
	What       string
	Want, Have string
}

// Misplaced returns up to limit reactions and pins of messages after a sequence
// that are not what their amendments, one after the other, come to: of what is
// put on, the first since it was last taken off. Of a message to which more kinds
// came than it can have, those that have no effect are not told from others.
func (s *Snapshot) Misplaced(ctx context.Context, after uint64, limit int) ([]MisplacedRow, error) {
	return collect[MisplacedRow](ctx, s, `
		WITH said AS (
			SELECT a.room_id, a.target, a.type, a.seq, coalesce(a.envelope::jsonb #>> '{data,emoji}', '') AS emoji,
				CASE WHEN a.type = 'message.reacted' THEN a.actor_id END AS user_id, (a.envelope::jsonb #>> '{data,on}')::boolean AS is_on
			FROM amendments a JOIN events e ON e.room_id = a.room_id AND e.seq = a.target AND e.type = 'message.posted'
			WHERE a.type IN ('message.reacted', 'message.pinned') AND a.target > $1
			  AND (a.type = 'message.pinned' OR a.actor_id IS NOT NULL AND octet_length(a.envelope::jsonb #>> '{data,emoji}') BETWEEN 1 AND $3)
		), since AS (
			SELECT *, max(seq) FILTER (WHERE NOT is_on) OVER (PARTITION BY room_id, target, type, emoji, user_id) AS off FROM said
		), want AS (
			SELECT room_id, target, type, emoji, user_id, min(seq) AS seq FROM since
			WHERE is_on AND seq > coalesce(off, 0) GROUP BY room_id, target, type, emoji, user_id
		), crowded AS (
			SELECT room_id, target FROM said WHERE type = 'message.reacted' AND is_on
			GROUP BY room_id, target HAVING count(DISTINCT emoji) > $4
		), have AS (
			SELECT room_id, target, 'message.reacted' AS type, emoji, user_id, seq FROM reactions WHERE target > $1
			UNION ALL SELECT room_id, target, 'message.pinned', '', NULL, seq FROM pins WHERE target > $1
		)
		SELECT coalesce(w.target, h.target), coalesce(w.room_id, h.room_id)::text,
			concat_ws(' of ', coalesce(w.type, h.type) || ' ' || coalesce(w.emoji, h.emoji), coalesce(w.user_id, h.user_id)::text),
			coalesce('since ' || w.seq, 'nothing'), coalesce('since ' || h.seq, 'nothing')
		FROM want w FULL JOIN have h ON h.room_id = w.room_id AND h.target = w.target AND h.type = w.type AND h.emoji = w.emoji
			AND coalesce(h.user_id, w.room_id) = coalesce(w.user_id, w.room_id)
		WHERE w.seq IS DISTINCT FROM h.seq AND NOT (w.type = 'message.reacted' AND coalesce(h.seq > w.seq, true)
			AND EXISTS (SELECT FROM crowded c WHERE c.room_id = w.room_id AND c.target = w.target))
		LIMIT $2`, signed(after), limit, maxEmoji, chat.MaxReactions)
}
