package sql

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Message returns what stands at seq, if it is a message of the room, deleted or
// not, with what the reader needs to act on it. Nobody's membership is looked at.
func (db *DB) Message(ctx context.Context, reader, room string, seq uint64) (m chat.MessageRow, err error) {
	if !events.IsID(room) || seq == 0 {
		return m, noRoom()
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	found, _, err := db.adorned(ctx, room, func(q querier) (p chat.RoomPage, member bool, err error) {
		p, member, err = readPage(ctx, q, oldestOfRoom, room, signed(seq)-1, before(seq+1), 1, nil)
		if err == nil {
			err = q.QueryRow(ctx, `
				SELECT ARRAY(SELECT emoji FROM reactions WHERE room_id = $1 AND target = $2 AND user_id = $3 ORDER BY seq),
				       ARRAY(SELECT target FROM pins WHERE room_id = $1 ORDER BY seq)`, room, signed(seq), orNull(reader)).Scan(&m.Mine, &m.Pins)
		}
		return p, member, err
	})
	if err != nil {
		return m, db.failed("look at a message", err)
	}
	m.Offset = found.Offset
	if len(found.Items) == 1 && isMessage(found.Items[0].Event) {
		m.Item = found.Items[0]
	}
	return m, nil
}

func isMessage(event []byte) bool {
	ev, err := events.Decode(event)
	return err == nil && (ev.Type == events.MessagePosted || ev.Type == events.MessageErased)
}

// Edits returns the versions of a message's text, oldest first: the first is the
// original. None if it was deleted, or is no message of the room. offset is the
// CHAT sequence up to which that is true.
func (db *DB) Edits(ctx context.Context, room string, seq uint64) (edits []chat.Edit, offset uint64, err error) {
	if !events.IsID(room) {
		return nil, 0, noRoom()
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	items, offset, err := pageOf(ctx, db.pool, `
		SELECT position.seq, version.seq, version.envelope FROM (`+chatOffset+`) position (seq)
		LEFT JOIN (
			SELECT seq, envelope FROM events WHERE room_id = $1 AND seq = $2 AND type = 'message.posted'
			UNION ALL
			SELECT a.seq, a.envelope FROM amendments a WHERE a.room_id = $1 AND a.target = $2 AND a.type = 'message.edited'
			  AND EXISTS (SELECT FROM events WHERE room_id = $1 AND seq = $2 AND type = 'message.posted')
		) version ON true
		ORDER BY version.seq`, room, signed(seq))
	if err != nil {
		return nil, 0, db.failed("list the versions of a message", err)
	}
	var message events.Event
	for i, item := range items {
		ev, err := events.Decode(item.Event)
		if err != nil {
			return nil, 0, err
		}
		if i == 0 {
			message = ev
		} else if _, ok := chat.Edited(message, item.Seq, ev); !ok {
			continue // it was not for them to edit
		}
		data, err := events.DataOf[struct {
			Text string `json:"text"`
		}](ev)
		if err != nil {
			return nil, 0, err
		}
		edits = append(edits, chat.Edit{Seq: item.Seq, Time: ev.Time, Text: data.Text})
	}
	return edits, offset, nil
}

const pinsOfRoom = pageOfRoom + `LIMIT 0) none ON true
	LEFT JOIN LATERAL (
		SELECT e.seq, coalesce(e.current, e.envelope), p.seq FROM pins p
		JOIN events e ON e.room_id = p.room_id AND e.seq = p.target
		WHERE p.room_id = $1 AND p.target > $2 AND p.target < $3 ORDER BY p.seq DESC LIMIT $4
	) e (seq, envelope, pinned) ON true ORDER BY e.pinned DESC`

// Pins returns the pinned messages of the room, newest pin first, at most a
// page. offset is the CHAT sequence up to which that is true. Nobody's
// membership is looked at.
func (db *DB) Pins(ctx context.Context, room string) (items []chat.Item, offset uint64, err error) {
	if !events.IsID(room) {
		return nil, 0, noRoom()
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	found, _, err := db.adorned(ctx, room, func(q querier) (chat.RoomPage, bool, error) {
		return readPage(ctx, q, pinsOfRoom, room, 0, before(0), page(chat.MaxPage), nil)
	})
	return found.Items, found.Offset, db.maybe("list what is pinned", err)
}

// Excerpts returns what the messages say now, for those of the spots that are
// messages which the reader, a member, may see: others are absent. offset is the
// CHAT sequence up to which that is true.
func (db *DB) Excerpts(ctx context.Context, reader string, spots []chat.Spot) (quotes map[chat.Spot]chat.Quote, offset uint64, err error) {
	quotes = map[chat.Spot]chat.Quote{}
	var rooms []string
	var seqs []int64
	for _, s := range spots {
		if events.IsID(s.Room) {
			rooms, seqs = append(rooms, s.Room), append(seqs, signed(s.Seq))
		}
	}
	if !events.IsID(reader) {
		return nil, 0, noRoom()
	}
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT position.seq, e.room_id::text, e.seq, e.envelope FROM (`+chatOffset+`) position (seq)
		LEFT JOIN (
			SELECT e.room_id, e.seq, coalesce(e.current, e.envelope) AS envelope
			FROM (SELECT DISTINCT * FROM unnest($2::uuid[], $3::bigint[])) AS s (room_id, seq)
			JOIN members m ON m.room_id = s.room_id AND m.user_id = $1 AND m.left_at IS NULL
			JOIN events e ON e.room_id = s.room_id AND e.seq = s.seq AND e.seq >= `+seenFrom+`
		) e ON true`, reader, rooms, seqs)
	if err != nil {
		return nil, 0, db.failed("look up what messages say", err)
	}
	var room, envelope *string
	var seq *uint64
	_, err = pgx.ForEachRow(rows, []any{&offset, &room, &seq, &envelope}, func() error {
		if room != nil {
			if quote := chat.QuoteOf(*seq, []byte(*envelope)); quote != nil {
				quotes[chat.Spot{Room: *room, Seq: *seq}] = *quote
			}
		}
		return nil
	})
	return quotes, offset, db.maybe("look up what messages say", err)
}
