package sql

import (
	"fmt"
	"math"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/events"
)

// queueReads folds read markers, which only grow: of many in a batch the
// largest counts, and a smaller one than the stored changes nothing.
func queueReads(work *work, entries []events.Entry) error {
	var rooms, users []pgtype.UUID
	var seqs []int64
	all, _, err := decode(entries)
	if err != nil {
		return err
	}
	for _, d := range all {
		if !d.understood(events.ReadMarked) {
			continue
		}
		room, user, seq, err := markerOf(d)
		if err != nil {
			return fmt.Errorf("%d: %w", d.Seq, err)
		}
		rooms, users, seqs = append(rooms, room), append(users, user), append(seqs, seq)
	}
	if len(seqs) == 0 {
		return nil
	}
	work.then(`
		INSERT INTO read_markers AS stored (room_id, user_id, seq)
		SELECT room_id, user_id, max(seq)
		FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS m (room_id, user_id, seq)
		GROUP BY room_id, user_id ORDER BY room_id, user_id
		ON CONFLICT (room_id, user_id) DO UPDATE SET seq = excluded.seq WHERE stored.seq < excluded.seq`,
		rooms, users, seqs)
	return nil
}

func markerOf(d decoded) (room, user pgtype.UUID, seq int64, err error) {
	data, err := events.DataOf[events.ReadMarkedData](d.ev)
	if err != nil {
		return room, user, 0, err
	}
	if data.Seq > math.MaxInt64 {
		return room, user, 0, fmt.Errorf("%w: the marker is too large", errUnfit)
	}
	if room, err = parseID(d.ev.Scope); err != nil {
		return room, user, 0, err
	}
	user, err = parseID(d.ev.Actor.ID)
	return room, user, int64(data.Seq), err
}
