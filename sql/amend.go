package sql

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// amendment is an event that changes how an earlier line is shown.
type amendment struct {
	eventRow
	target uint64 // 0: it amends nothing that this code knows
}

// spot is a line's place.
type spot struct {
	room pgtype.UUID
	seq  int64
}

func (a amendment) spot() spot { return spot{a.room, signed(a.target)} }

// line is a line of a room's history as far as it was folded.
type line struct {
	ev     events.Event // as it reads now
	posted bool         // a message that is not deleted
	erased bool
}

// amend folds amendments, one after the other, into the rows that they amend.
// The rows of the batch are written already. Whatever an amendment means, its
// own row is written, but for an edit of what was deleted: that is erased from
// the log, like the message, so that no text of it is left anywhere.
//
// A rebuild from a log that has forgotten the message gives the same rows: what
// amends an unknown line has no effect, the deletion alone makes the tombstone,
// and what it removes depends on its sequence only.
func amend(ctx context.Context, tx pgx.Tx, all []amendment) error {
	if len(all) == 0 {
		return nil
	}
	all, err := dropKnown(ctx, tx, all)
	if err != nil {
		return err
	}
	lines, err := linesOf(ctx, tx, all)
	if err != nil {
		return err
	}
	taken, err := takenIDs(ctx, tx, all)
	if err != nil {
		return err
	}
	c := newChanges()
	if c.full, err = full(ctx, tx, all); err != nil {
		return err
	}
	for _, a := range all {
		if err := c.fold(a, lines[a.spot()], taken); err != nil {
			return err
		}
		if _, deleted := c.tombs[a.spot()]; deleted {
			lines[a.spot()] = &line{erased: true}
		}
	}
	return send(ctx, tx, c.statements())
}

// dropKnown leaves out amendments that have a row: they were folded before.
func dropKnown(ctx context.Context, tx pgx.Tx, all []amendment) ([]amendment, error) {
	ids := make([]pgtype.UUID, len(all))
	for i, a := range all {
		ids[i] = a.id
	}
	found, err := tx.Query(ctx, `SELECT id, seq FROM amendments WHERE id = ANY ($1::uuid[])`, ids)
	if err != nil {
		return nil, err
	}
	known := map[pgtype.UUID]int64{}
	var id pgtype.UUID
	var seq int64
	if _, err := pgx.ForEachRow(found, []any{&id, &seq}, func() error { known[id] = seq; return nil }); err != nil {
		return nil, err
	}
	var fresh []amendment
	var again []copied
	for _, a := range all {
		first, is := known[a.id]
		switch {
		case !is:
			fresh = append(fresh, a)
		case first != int64(a.Seq):
			again = append(again, copied{int64(a.Seq), a.room, a.id})
		}
	}
	return fresh, noteCopies(ctx, tx, again)
}

// linesOf returns the lines that are amended, as they are.
func linesOf(ctx context.Context, tx pgx.Tx, all []amendment) (map[spot]*line, error) {
	var rooms []pgtype.UUID
	var seqs []int64
	for _, a := range all {
		if a.target > 0 {
			rooms, seqs = append(rooms, a.room), append(seqs, signed(a.target))
		}
	}
	found, err := tx.Query(ctx, `
		SELECT e.room_id, e.seq, coalesce(e.current, e.envelope)
		FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::bigint[])) AS wanted (room_id, seq)
		JOIN events e ON e.room_id = wanted.room_id AND e.seq = wanted.seq`, rooms, seqs)
	if err != nil {
		return nil, err
	}
	lines := map[spot]*line{}
	var at spot
	var envelope []byte
	_, err = pgx.ForEachRow(found, []any{&at.room, &at.seq, &envelope}, func() error {
		ev, err := events.Decode(envelope)
		lines[at] = &line{ev: ev, posted: ev.Type == events.MessagePosted && ev.Version <= events.Version, erased: ev.Type == events.MessageErased}
		return err
	})
	return lines, err
}

// takenIDs returns those of the messages that are deleted which have a row, of
// whatever line: a deletion that names it with another sequence means nothing.
func takenIDs(ctx context.Context, tx pgx.Tx, all []amendment) (map[string]bool, error) {
	var ids []string
	for _, a := range all {
		if a.ev.Type == events.MessageDeleted && a.target > 0 {
			if data, err := events.DataOf[events.MessageDeletedData](a.ev); err == nil && events.IsID(data.Message) {
				ids = append(ids, data.Message)
			}
		}
	}
	taken := map[string]bool{}
	if len(ids) == 0 {
		return taken, nil
	}
	found, err := tx.Query(ctx, `SELECT id::text FROM events WHERE id = ANY ($1::uuid[])`, ids)
	if err != nil {
		return nil, err
	}
	var id string
	_, err = pgx.ForEachRow(found, []any{&id}, func() error { taken[id] = true; return nil })
	return taken, err
}

// fold folds one amendment of a line, nil if there is none.
func (c *changes) fold(a amendment, to *line, taken map[string]bool) error {
	if a.ev.Type == events.MessageEdited && to != nil && to.erased && a.target > 0 {
		c.late = append(c.late, a)
		return nil
	}
	c.rows = append(c.rows, a)
	if a.target == 0 {
		return nil
	}
	if a.ev.Type == events.MessageDeleted {
		return c.foldDeletion(a, to, taken)
	}
	if to == nil || !to.posted {
		return nil
	}
	switch a.ev.Type {
	case events.MessageEdited:
		return c.edit(a, to)
	case events.MessageReacted:
		return c.react(a)
	case events.MessagePinned:
		return c.pin(a)
	}
	return nil
}

func (c *changes) foldDeletion(a amendment, to *line, taken map[string]bool) error {
	data, err := events.DataOf[events.MessageDeletedData](a.ev)
	switch {
	case err != nil:
		return err
	case to == nil && !taken[data.Message]: // the log has forgotten it: this is a rebuild
	case to != nil && to.posted && chat.Deletes(to.ev, a.ev):
	default:
		return nil
	}
	taken[data.Message] = true
	return c.delete(a, data)
}
