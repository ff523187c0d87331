package sql

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/events"
)

// chatRows are the columns of a batch of CHAT. Every event of a room has its
// row, known or not.
type chatRows struct {
	rooms     []pgtype.UUID
	seqs      []int64
	ids       []pgtype.UUID
	types     []string
	actors    []pgtype.UUID
	times     []time.Time
	envelopes []string

	mentionRooms, mentioned []pgtype.UUID
	mentionSeqs             []int64
}

func queueChat(work *work, entries []events.Entry) error {
	all, err := decode(entries)
	if err != nil {
		return err
	}
	var rows chatRows
	for _, d := range all {
		if err := rows.add(d); err != nil {
			return err
		}
	}
	// Rows of a room are written side by side, so that a page of history
	// touches few blocks. An id that has a row is passed over; another event
	// at a sequence that has a row is an error, for it must not be lost.
	work.then(`
		INSERT INTO events (room_id, seq, id, type, actor_id, at, envelope)
		SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::uuid[], $6::timestamptz[], $7::text[])
			AS e (room_id, seq, id, type, actor_id, at, envelope)
		ORDER BY room_id, seq
		ON CONFLICT (id) DO NOTHING`,
		rows.rooms, rows.seqs, rows.ids, rows.types, rows.actors, rows.times, rows.envelopes)
	if len(rows.mentioned) > 0 {
		// Only for events that have this row: a later copy mentions nobody.
		work.then(`
			INSERT INTO mentions (user_id, room_id, seq)
			SELECT m.user_id, m.room_id, m.seq
			FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS m (user_id, room_id, seq)
			JOIN events e ON e.room_id = m.room_id AND e.seq = m.seq
			ON CONFLICT DO NOTHING`,
			rows.mentioned, rows.mentionRooms, rows.mentionSeqs)
	}
	return nil
}

func (r *chatRows) add(d decoded) error {
	room, err := parseID(d.ev.Scope)
	if err != nil {
		return fmt.Errorf("%d: %w", d.Seq, err)
	}
	actor, err := parseActor(d.ev.Actor.ID)
	if err != nil {
		return fmt.Errorf("%d: %w", d.Seq, err)
	}
	if d.understood(events.MessagePosted) {
		if err := r.addMentions(d, room); err != nil {
			return err
		}
	}
	r.rooms = append(r.rooms, room)
	r.seqs = append(r.seqs, int64(d.Seq))
	r.ids = append(r.ids, d.id)
	r.types = append(r.types, string(d.ev.Type))
	r.actors = append(r.actors, actor)
	r.times = append(r.times, d.ev.Time)
	r.envelopes = append(r.envelopes, string(d.Body))
	return nil
}

// addMentions spares most messages, which mention nobody, a second decoding.
func (r *chatRows) addMentions(d decoded, room pgtype.UUID) error {
	if events.NamesNobody(d.ev.Data) {
		return nil
	}
	data, err := events.DataOf[events.MessagePostedData](d.ev)
	if err != nil {
		return fmt.Errorf("%d: %w", d.Seq, err)
	}
	for _, person := range data.Mentions {
		user, err := parseID(person.ID)
		if err != nil {
			return fmt.Errorf("%d: %w", d.Seq, err)
		}
		r.mentioned = append(r.mentioned, user)
		r.mentionRooms = append(r.mentionRooms, room)
		r.mentionSeqs = append(r.mentionSeqs, int64(d.Seq))
	}
	return nil
}
