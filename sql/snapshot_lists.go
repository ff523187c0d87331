package sql

import (
	"context"
	"fmt"
	"time"
)

// EventRow is a row of CHAT's table. Hash is the SHA-256 of its envelope.
type EventRow struct {
	Seq         uint64
	Room, ID    string
	Type, Actor string // Actor is empty for the system
	At          time.Time
	Hash        []byte
}

// Events lists the rows of CHAT after a sequence, in the stream's order: lines
// and amendments, without those of which only a tombstone is left.
func (s *Snapshot) Events(ctx context.Context, after uint64) (*List[EventRow], error) {
	return list[EventRow](ctx, s, fmt.Sprintf(`
		SELECT seq, room_id::text, id::text, type, coalesce(actor_id::text, ''), at, sha256(convert_to(envelope, 'UTF8'))
		FROM (
			SELECT seq, room_id, id, type, actor_id, at, envelope FROM events WHERE seq > %[1]d AND type <> 'message.erased'
			UNION ALL
			SELECT seq, room_id, id, type, actor_id, at, envelope FROM amendments WHERE seq > %[1]d
		) rows ORDER BY seq`, signed(after)))
}

// MentionRow says that the event at Seq mentions User.
type MentionRow struct {
	Seq        uint64
	Room, User string
}

// Mentions lists the mentions in CHAT after a sequence, in the stream's order.
func (s *Snapshot) Mentions(ctx context.Context, after uint64) (*List[MentionRow], error) {
	return list[MentionRow](ctx, s, fmt.Sprintf(`
		SELECT seq, room_id::text, user_id::text FROM mentions WHERE seq > %d ORDER BY seq`, signed(after)))
}

// NotificationRow is a row of NOTIFY's table. What the event's version did not
// let anybody know is empty.
type NotificationRow struct {
	Seq                uint64
	User, ID           string
	Kind, Room, Source string
	Cause              string // the source's sequence
	At                 time.Time
	Hash               []byte
}

// Notified lists the rows of NOTIFY after a sequence, in the stream's order.
func (s *Snapshot) Notified(ctx context.Context, after uint64) (*List[NotificationRow], error) {
	return list[NotificationRow](ctx, s, fmt.Sprintf(`
		SELECT seq, user_id::text, id::text, coalesce(kind, ''), coalesce(room_id::text, ''), coalesce(source_id::text, ''),
			coalesce(source_seq::text, ''), at, sha256(convert_to(envelope, 'UTF8'))
		FROM notifications WHERE seq > %d ORDER BY seq`, signed(after)))
}

// AuditRow is a row of AUDIT's table. What the event's version did not let anybody
// know is empty.
type AuditRow struct {
	Seq            uint64
	User, ID, Kind string
	At             time.Time
	Hash           []byte
}

// Noted lists the rows of AUDIT after a sequence, in the stream's order.
func (s *Snapshot) Noted(ctx context.Context, after uint64) (*List[AuditRow], error) {
	return list[AuditRow](ctx, s, fmt.Sprintf(`
		SELECT seq, user_id::text, id::text, coalesce(kind, ''), at, sha256(convert_to(envelope, 'UTF8'))
		FROM audit WHERE seq > %d ORDER BY seq`, signed(after)))
}

// ReadRow says whether a notification counts as read.
type ReadRow struct {
	User string
	Seq  uint64
	Room string // empty: unknown
	Read bool
	// Seen says that their read marker of the room has come to the source.
	Seen bool
}

// ReadFlags lists the notifications with after < seq ≤ upTo, person by person.
func (s *Snapshot) ReadFlags(ctx context.Context, after, upTo uint64) (*List[ReadRow], error) {
	return list[ReadRow](ctx, s, fmt.Sprintf(`
		SELECT n.user_id::text, n.seq, coalesce(n.room_id::text, ''), n.read, coalesce(m.seq >= n.source_seq, false)
		FROM notifications n LEFT JOIN read_markers m ON m.user_id = n.user_id AND m.room_id = n.room_id
		WHERE n.seq > %d AND n.seq <= %d ORDER BY n.user_id, n.seq`, signed(after), signed(upTo)))
}

// MarkerRow is how far somebody has read a room.
type MarkerRow struct {
	Room, User string
	Seq        uint64
}

// Markers lists all read markers, room by room.
func (s *Snapshot) Markers(ctx context.Context) (*List[MarkerRow], error) {
	return list[MarkerRow](ctx, s, `SELECT room_id::text, user_id::text, seq FROM read_markers ORDER BY room_id, user_id`)
}
