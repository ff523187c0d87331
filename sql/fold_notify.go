package sql

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/events"
)

// notifyRows are the columns of a batch of NOTIFY: new notifications, and what
// was marked as read.
type notifyRows struct {
	users          []pgtype.UUID
	seqs           []int64
	ids            []pgtype.UUID
	kinds          []*string
	rooms, sources []pgtype.UUID
	times          []time.Time
	envelopes      []string

	readers   []pgtype.UUID
	upTo      []int64
	readRooms []pgtype.UUID
}

func queueNotify(work *work, entries []events.Entry) error {
	all, _, err := decode(entries)
	if err != nil {
		return err
	}
	var rows notifyRows
	for _, d := range all {
		if err := rows.add(d); err != nil {
			return fmt.Errorf("%d: %w", d.Seq, err)
		}
	}
	if len(rows.seqs) > 0 {
		work.then(`
			INSERT INTO notifications (user_id, seq, id, kind, room_id, source_id, at, envelope)
			SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::uuid[], $6::uuid[], $7::timestamptz[], $8::text[])
			ON CONFLICT (id) DO NOTHING`,
			rows.users, rows.seqs, rows.ids, rows.kinds, rows.rooms, rows.sources, rows.times, rows.envelopes)
	}
	if len(rows.upTo) > 0 {
		work.then(`
			UPDATE notifications n SET read = true
			FROM unnest($1::uuid[], $2::bigint[], $3::uuid[]) AS r (user_id, seq, room_id)
			WHERE n.user_id = r.user_id AND n.seq <= r.seq AND NOT n.read
			  AND (r.room_id IS NULL OR n.room_id = r.room_id)`,
			rows.readers, rows.upTo, rows.readRooms)
	}
	return nil
}

func (r *notifyRows) add(d decoded) error {
	user, err := parseID(d.ev.Scope)
	if err != nil {
		return err
	}
	switch {
	case d.ev.Type == events.Notified:
		return r.addNew(d, user)
	case d.understood(events.NotificationRead):
		return r.addRead(d, user)
	}
	return nil
}

// addNew adds a notification. One about the account is in no room. One of a newer
// version is listed all the same, without what only its own code could tell.
func (r *notifyRows) addNew(d decoded, user pgtype.UUID) error {
	var kind *string
	var room, source pgtype.UUID
	if d.understood(events.Notified) {
		data, err := events.DataOf[events.NotifiedData](d.ev)
		if err != nil {
			return err
		}
		if data.Kind != events.SecurityNotice || data.Room != "" {
			if room, err = parseID(data.Room); err != nil {
				return err
			}
		}
		if source, err = parseID(data.Source); err != nil {
			return err
		}
		kind = &data.Kind
	}
	r.users = append(r.users, user)
	r.seqs = append(r.seqs, int64(d.Seq))
	r.ids = append(r.ids, d.id)
	r.kinds = append(r.kinds, kind)
	r.rooms = append(r.rooms, room)
	r.sources = append(r.sources, source)
	r.times = append(r.times, d.ev.Time)
	r.envelopes = append(r.envelopes, string(d.Body))
	return nil
}

// addRead adds a mark. It reaches no further than its own place in the stream,
// so that it makes no difference which entries share its batch.
func (r *notifyRows) addRead(d decoded, user pgtype.UUID) error {
	data, err := events.DataOf[events.NotificationReadData](d.ev)
	if err != nil {
		return err
	}
	var room pgtype.UUID
	if data.Room != "" {
		if room, err = parseID(data.Room); err != nil {
			return err
		}
	}
	r.readers = append(r.readers, user)
	r.upTo = append(r.upTo, signed(min(data.UpTo, d.Seq)))
	r.readRooms = append(r.readRooms, room)
	return nil
}
