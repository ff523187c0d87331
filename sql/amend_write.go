package sql

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/events"
)

// statements write the changes, in an order in which each sees what it needs.
func (c *changes) statements() []statement {
	w := &work{}
	c.writeRows(w)
	c.writeEdits(w)
	c.writeReactions(w)
	c.writePins(w)
	c.writeTombs(w)
	c.writeLate(w)
	return w.statements
}

func (c *changes) writeRows(w *work) {
	if len(c.rows) == 0 {
		return
	}
	var rooms, ids, actors []pgtype.UUID
	var seqs []int64
	var types, envelopes []string
	var times []time.Time
	var targets []*int64
	for _, a := range c.rows {
		rooms, ids, actors = append(rooms, a.room), append(ids, a.id), append(actors, a.actor)
		seqs, types, times = append(seqs, int64(a.Seq)), append(types, string(a.ev.Type)), append(times, a.ev.Time)
		envelopes = append(envelopes, string(a.Body))
		var target *int64
		if a.target > 0 {
			seq := signed(a.target)
			target = &seq
		}
		targets = append(targets, target)
	}
	w.then(`
		INSERT INTO amendments (room_id, seq, id, type, actor_id, at, envelope, target)
		SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::uuid[], $6::timestamptz[], $7::text[], $8::bigint[])`,
		rooms, seqs, ids, types, actors, times, envelopes, targets)
}

// writeEdits gives messages their newest text, and the mentions in it. Whom a
// message to all mentions does not change with its text.
func (c *changes) writeEdits(w *work) {
	if len(c.edits) == 0 {
		return
	}
	var rooms, mentionRooms, users []pgtype.UUID
	var seqs, mentionSeqs []int64
	var envelopes []string
	for at, e := range c.edits {
		rooms, seqs, envelopes = append(rooms, at.room), append(seqs, at.seq), append(envelopes, string(e.envelope))
		for _, user := range e.mentions {
			mentionRooms, mentionSeqs, users = append(mentionRooms, at.room), append(mentionSeqs, at.seq), append(users, user)
		}
	}
	w.then(`
		UPDATE events e SET current = t.envelope
		FROM unnest($1::uuid[], $2::bigint[], $3::text[]) AS t (room_id, seq, envelope)
		WHERE e.room_id = t.room_id AND e.seq = t.seq`, rooms, seqs, envelopes)
	w.then(`
		DELETE FROM mentions m USING unnest($1::uuid[], $2::bigint[]) AS t (room_id, seq)
		WHERE m.room_id = t.room_id AND m.seq = t.seq AND m.user_id <> '`+crowdID+`'`, rooms, seqs)
	if len(users) > 0 {
		w.then(`
			INSERT INTO mentions (user_id, room_id, seq)
			SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) ON CONFLICT DO NOTHING`, users, mentionRooms, mentionSeqs)
	}
}

func (c *changes) writeReactions(w *work) {
	var off, on struct {
		rooms, users  []pgtype.UUID
		targets, seqs []int64
		emoji, names  []string
	}
	for key, p := range c.reactions {
		if p.off {
			off.rooms, off.targets = append(off.rooms, key.room), append(off.targets, key.seq)
			off.emoji, off.users = append(off.emoji, key.emoji), append(off.users, key.user)
		}
		if p.on {
			on.rooms, on.targets = append(on.rooms, key.room), append(on.targets, key.seq)
			on.emoji, on.users = append(on.emoji, key.emoji), append(on.users, key.user)
			on.names, on.seqs = append(on.names, p.name), append(on.seqs, p.seq)
		}
	}
	if len(off.rooms) > 0 {
		w.then(`
			DELETE FROM reactions r USING unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[]) AS t (room_id, target, emoji, user_id)
			WHERE r.room_id = t.room_id AND r.target = t.target AND r.emoji = t.emoji AND r.user_id = t.user_id`,
			off.rooms, off.targets, off.emoji, off.users)
	}
	if len(on.rooms) > 0 {
		w.then(`
			INSERT INTO reactions (room_id, target, emoji, user_id, name, seq)
			SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::text[], $6::bigint[]) ON CONFLICT DO NOTHING`,
			on.rooms, on.targets, on.emoji, on.users, on.names, on.seqs)
	}
}

func (c *changes) writePins(w *work) {
	var off, on struct {
		rooms         []pgtype.UUID
		targets, seqs []int64
	}
	for at, p := range c.pins {
		if p.off {
			off.rooms, off.targets = append(off.rooms, at.room), append(off.targets, at.seq)
		}
		if p.on {
			on.rooms, on.targets, on.seqs = append(on.rooms, at.room), append(on.targets, at.seq), append(on.seqs, p.seq)
		}
	}
	if len(off.rooms) > 0 {
		w.then(`
			DELETE FROM pins p USING unnest($1::uuid[], $2::bigint[]) AS t (room_id, target)
			WHERE p.room_id = t.room_id AND p.target = t.target`, off.rooms, off.targets)
	}
	if len(on.rooms) > 0 {
		w.then(`
			INSERT INTO pins (room_id, target, seq)
			SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[]) ON CONFLICT DO NOTHING`, on.rooms, on.targets, on.seqs)
	}
}

// writeTombs replaces deleted messages, whether there is a row of them or not,
// removes what belonged to them, and notes what the log has to forget.
func (c *changes) writeTombs(w *work) {
	if len(c.tombs) == 0 {
		return
	}
	var rooms, ids, authors []pgtype.UUID
	var seqs, deletions []int64
	var times []time.Time
	var envelopes []string
	for at, t := range c.tombs {
		rooms, seqs, ids, authors = append(rooms, at.room), append(seqs, at.seq), append(ids, t.id), append(authors, t.author)
		times, envelopes, deletions = append(times, t.at), append(envelopes, string(t.envelope)), append(deletions, t.by)
	}
	w.then(`
		INSERT INTO events (room_id, seq, id, type, actor_id, at, envelope)
		SELECT room_id, seq, id, $7, actor_id, at, envelope
		FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[]) AS t (room_id, seq, id, actor_id, at, envelope)
		ON CONFLICT (room_id, seq) DO UPDATE SET type = excluded.type, envelope = excluded.envelope, current = NULL`,
		rooms, seqs, ids, authors, times, envelopes, string(events.MessageErased))
	for _, table := range []string{
		"mentions m USING unnest($1::uuid[], $2::bigint[]) AS t (room_id, seq) WHERE m.room_id = t.room_id AND m.seq = t.seq",
		"reactions r USING unnest($1::uuid[], $2::bigint[]) AS t (room_id, target) WHERE r.room_id = t.room_id AND r.target = t.target",
		"pins p USING unnest($1::uuid[], $2::bigint[]) AS t (room_id, target) WHERE p.room_id = t.room_id AND p.target = t.target",
	} {
		w.then("DELETE FROM "+table, rooms, seqs)
	}
	w.then(`
		WITH tomb AS (
			SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::bigint[]) AS t (room_id, seq, id, by)
		), version AS (
			DELETE FROM amendments a USING tomb t
			WHERE a.room_id = t.room_id AND a.target = t.seq AND a.seq < t.by AND a.type IN ('message.edited', 'message.deleted')
			RETURNING a.seq, a.room_id, a.id, a.target
		), gone AS (
			SELECT seq, room_id, id, seq AS target FROM tomb UNION ALL SELECT seq, room_id, id, target FROM version
		), copy AS (
			DELETE FROM copies c USING gone g WHERE c.id = g.id AND c.room_id = g.room_id
			RETURNING c.seq, c.room_id, c.id, g.target
		)
		INSERT INTO erasures (seq, room_id, id, target)
		SELECT seq, room_id, id, target FROM gone UNION SELECT seq, room_id, id, target FROM copy
		ON CONFLICT (seq) DO UPDATE SET done = NULL`, rooms, seqs, ids, deletions)
}

// writeLate notes that the log has to forget edits of what was deleted before.
func (c *changes) writeLate(w *work) {
	if len(c.late) == 0 {
		return
	}
	var rooms, ids []pgtype.UUID
	var seqs, targets []int64
	for _, a := range c.late {
		rooms, ids = append(rooms, a.room), append(ids, a.id)
		seqs, targets = append(seqs, int64(a.Seq)), append(targets, signed(a.target))
	}
	w.then(`
		INSERT INTO erasures (seq, room_id, id, target)
		SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::bigint[])
		ON CONFLICT (seq) DO UPDATE SET done = NULL`, seqs, rooms, ids, targets)
}
