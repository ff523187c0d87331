package sql

import (
	"context"
	"time"

	"github.com/natter-chat/natter/events"
)

// Letter is a dead letter. Hash is the SHA-256 of its body.
type Letter struct {
	Seq         uint64
	Incarnation string
	Subject     string
	Reason      string
	Hash        []byte
}

// Letters returns a consumer's dead letters with after < seq ≤ upTo.
func (s *Snapshot) Letters(ctx context.Context, consumer string, stream events.Stream, after, upTo uint64) ([]Letter, error) {
	return collect[Letter](ctx, s, `
		SELECT seq, incarnation, subject, reason, sha256(body) FROM dead_letters
		WHERE stream = $1 AND consumer = $2 AND seq > $3 AND seq <= $4 ORDER BY seq, incarnation`,
		stream, consumer, signed(after), signed(upTo))
}

// Buried returns which of the ids occur in a dead letter of the stream. It
// reads all of them.
func (s *Snapshot) Buried(ctx context.Context, stream events.Stream, ids []string) (map[string]uint64, error) {
	return s.places(ctx, `
		SELECT id, min(d.seq) FROM unnest($1::text[]) id
		JOIN dead_letters d ON d.stream = $2 AND position(convert_to(id, 'UTF8') IN d.body) > 0
		GROUP BY id`, ids, stream)
}

// EventPlaces returns where the events with these ids stand in CHAT.
func (s *Snapshot) EventPlaces(ctx context.Context, ids []string) (map[string]uint64, error) {
	return s.places(ctx, `
		SELECT id::text, seq FROM events WHERE id = ANY ($1::uuid[])
		UNION ALL SELECT id::text, seq FROM amendments WHERE id = ANY ($1::uuid[])`, ids)
}

// NotificationPlaces returns where the notifications with these ids stand in
// NOTIFY.
func (s *Snapshot) NotificationPlaces(ctx context.Context, ids []string) (map[string]uint64, error) {
	return s.places(ctx, `SELECT id::text, seq FROM notifications WHERE id = ANY ($1::uuid[])`, ids)
}

// AuditPlaces returns where the events with these ids stand in AUDIT.
func (s *Snapshot) AuditPlaces(ctx context.Context, ids []string) (map[string]uint64, error) {
	return s.places(ctx, `SELECT id::text, seq FROM audit WHERE id = ANY ($1::uuid[])`, ids)
}

type place struct {
	ID  string
	Seq uint64
}

func (s *Snapshot) places(ctx context.Context, query string, args ...any) (map[string]uint64, error) {
	all, err := collect[place](ctx, s, query, args...)
	found := make(map[string]uint64, len(all))
	for _, p := range all {
		found[p.ID] = p.Seq
	}
	return found, err
}

// Envelopes returns the envelopes of the events with these ids.
func (s *Snapshot) Envelopes(ctx context.Context, ids []string) (map[string]string, error) {
	return s.envelopes(ctx, `
		SELECT id::text, envelope FROM events WHERE id = ANY ($1::uuid[])
		UNION ALL SELECT id::text, envelope FROM amendments WHERE id = ANY ($1::uuid[])`, ids)
}

// AuditEnvelopes is Envelopes of AUDIT.
func (s *Snapshot) AuditEnvelopes(ctx context.Context, ids []string) (map[string]string, error) {
	return s.envelopes(ctx, `SELECT id::text, envelope FROM audit WHERE id = ANY ($1::uuid[])`, ids)
}

func (s *Snapshot) envelopes(ctx context.Context, query string, ids []string) (map[string]string, error) {
	type row struct{ ID, Envelope string }
	all, err := collect[row](ctx, s, query, ids)
	found := make(map[string]string, len(all))
	for _, r := range all {
		found[r.ID] = r.Envelope
	}
	return found, err
}

// MarkersOf returns the markers of these rooms and people, pair by pair.
func (s *Snapshot) MarkersOf(ctx context.Context, rooms, users []string) ([]MarkerRow, error) {
	return collect[MarkerRow](ctx, s, `
		SELECT m.room_id::text, m.user_id::text, m.seq FROM unnest($1::uuid[], $2::uuid[]) AS w (room_id, user_id)
		JOIN read_markers m USING (room_id, user_id)`, rooms, users)
}

// MissingKeys returns the unique keys that the tables of the log should have
// and have not.
func (s *Snapshot) MissingKeys(ctx context.Context) ([]string, error) {
	type row struct{ Name string }
	all, err := collect[row](ctx, s, `
		SELECT name FROM unnest('{events_pkey, events_id, notifications_pkey, notifications_id, read_markers_pkey,
			mentions_pkey, amendments_pkey, amendments_id, reactions_pkey, pins_pkey, erasures_pkey, dead_letters_pkey, offsets_pkey, audit_pkey, audit_id}'::text[]) name
		WHERE NOT EXISTS (
			SELECT FROM pg_constraint c JOIN pg_index i ON i.indexrelid = c.conindid
			WHERE c.conname = name AND c.connamespace = current_schema()::regnamespace AND i.indisunique AND i.indisvalid)`)
	var names []string
	for _, r := range all {
		names = append(names, r.Name)
	}
	return names, err
}

// MisplacedMember is a member who joined at Seq, where the log's row says
// something else, or a room whose count of members is wrong: then User is
// empty.
type MisplacedMember struct {
	Room, User string
	Seq        uint64
	Want, Have string
}

// MisplacedMembers returns up to limit members whose joining, with after < seq ≤
// upTo, is not what stands there in CHAT's table, and rooms that count their
// members wrongly.
func (s *Snapshot) MisplacedMembers(ctx context.Context, after, upTo uint64, limit int) ([]MisplacedMember, error) {
	return collect[MisplacedMember](ctx, s, `
		SELECT m.room_id::text, m.user_id::text, m.joined_seq, coalesce(e.type || ' of ' || coalesce(e.actor_id::text, 'nobody'), 'nothing'), 'joined'
		FROM members m LEFT JOIN events e ON e.room_id = m.room_id AND e.seq = m.joined_seq
		WHERE m.joined_seq > $1 AND m.joined_seq <= $2
		  AND (e.type = 'member.joined' AND e.actor_id = m.user_id) IS NOT TRUE
		UNION ALL
		SELECT r.id::text, '', 0, coalesce(m.n, 0)::text, r.member_count::text
		FROM rooms r LEFT JOIN (SELECT room_id, count(*) n FROM members WHERE left_at IS NULL GROUP BY room_id) m ON m.room_id = r.id
		WHERE r.member_count <> coalesce(m.n, 0)
		LIMIT $3`, signed(after), signed(upTo), limit)
}

// Older returns how many rows of a stream stand at after < seq ≤ upTo.
func (s *Snapshot) Older(ctx context.Context, stream events.Stream, after, upTo uint64) (uint64, error) {
	table := map[events.Stream]string{events.Chat: "events", events.Notify: "notifications", events.Audit: "audit"}[stream]
	if table == "" || after >= upTo {
		return 0, nil
	}
	n, err := s.count(ctx, `SELECT count(*) FROM `+table+` WHERE seq > $1 AND seq <= $2`, signed(after), signed(upTo))
	if stream != events.Chat || err != nil {
		return n, err
	}
	more, err := s.count(ctx, `SELECT count(*) FROM amendments WHERE seq > $1 AND seq <= $2`, signed(after), signed(upTo))
	return n + more, err
}

func (s *Snapshot) count(ctx context.Context, query string, args ...any) (uint64, error) {
	type row struct{ N uint64 }
	all, err := collect[row](ctx, s, query, args...)
	if err != nil {
		return 0, err
	}
	return all[0].N, nil
}

// Waiting is an event that waits in the outbox.
type Waiting struct {
	Subject string
	Since   time.Time
}

// Outbox returns how many events wait in it, and up to limit that have waited
// for longer than age.
func (s *Snapshot) Outbox(ctx context.Context, age time.Duration, limit int) (waiting uint64, old []Waiting, err error) {
	if waiting, err = s.count(ctx, `SELECT count(*) FROM outbox`); err != nil {
		return 0, nil, err
	}
	old, err = collect[Waiting](ctx, s, `
		SELECT subject, created FROM outbox
		WHERE created < clock_timestamp() - $1 * interval '1 microsecond' ORDER BY id LIMIT $2`, age.Microseconds(), limit)
	return waiting, old, err
}

// InOutbox reports whether an event of the subject with this id waits in it.
func (s *Snapshot) InOutbox(ctx context.Context, subject, id string) (bool, error) {
	n, err := s.count(ctx, `SELECT count(*) FROM outbox WHERE subject = $1 AND position($2 IN event) > 0`, subject, id)
	return n > 0, err
}

// Doubled returns up to limit events that have several rows, which only a lost
// key makes possible, with the sequence of the last.
func (s *Snapshot) Doubled(ctx context.Context, limit int) (map[string]uint64, error) {
	return s.places(ctx, `
		SELECT id::text, max(seq) FROM events GROUP BY id HAVING count(*) > 1
		UNION ALL SELECT id::text, max(seq) FROM amendments GROUP BY id HAVING count(*) > 1
		UNION ALL SELECT id::text, max(seq) FROM notifications GROUP BY id HAVING count(*) > 1
		UNION ALL SELECT id::text, max(seq) FROM audit GROUP BY id HAVING count(*) > 1 LIMIT $1`, limit)
}
