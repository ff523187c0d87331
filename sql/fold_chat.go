package sql

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// chatRows are the rows of a batch of CHAT. Every event of a room has its row,
// known or not: what amends a line of the room's history in amendments, all else
// in events.
type chatRows struct {
	events     []eventRow
	amendments []amendment

	mentionRooms, mentioned []pgtype.UUID
	mentionSeqs             []int64
}

func queueChat(work *work, entries []events.Entry) error {
	all, copies, err := decode(entries)
	if err != nil {
		return err
	}
	rows := chatRows{events: make([]eventRow, 0, len(all))}
	for i := range all {
		if err := rows.add(all[i]); err != nil {
			return err
		}
	}
	work.copy(byRoom(rows.events))
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
	work.amendments = rows.amendments
	return work.repeated(copies)
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
	if chat.IsAmendment(d.ev.Type) {
		r.amendments = append(r.amendments, amendment{eventRow{d, room, actor}, chat.Target(d.Seq, d.ev)})
		return nil
	}
	if d.understood(events.MessagePosted) {
		if err := r.addMentions(d, room); err != nil {
			return err
		}
	}
	r.events = append(r.events, eventRow{d, room, actor})
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
