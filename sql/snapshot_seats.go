package sql

import "context"

// SeatRow is what somebody is to a room.
type SeatRow struct {
	Member bool
	From   uint64 // the first sequence that they may see
	Read   uint64 // they have read up to here
	Level  string // what they want to be told; the kind's default unless Chosen
	Chosen bool
}

// Seat returns what somebody is to a room; nothing to one that does not exist.
func (s *Snapshot) Seat(ctx context.Context, room, user string) (SeatRow, error) {
	all, err := collect[SeatRow](ctx, s, `
		SELECT coalesce(m.left_at IS NULL AND m.user_id IS NOT NULL, false), coalesce(`+seenFrom+`, 0), coalesce(x.seq, 0), `+levelOf+`, l.level IS NOT NULL
		FROM rooms r
		LEFT JOIN members m ON m.room_id = r.id AND m.user_id = $2
		LEFT JOIN levels l ON l.room_id = r.id AND l.user_id = $2
		LEFT JOIN read_markers x ON x.room_id = r.id AND x.user_id = $2
		WHERE r.id = $1`, room, user)
	if err != nil || len(all) == 0 {
		return SeatRow{}, err
	}
	return all[0], nil
}
