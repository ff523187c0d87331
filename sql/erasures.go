package sql

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/events"
)

// copied is an entry that repeats an event: it has no row.
type copied struct {
	seq  int64
	room pgtype.UUID
	id   pgtype.UUID
}

// repeated notes the copies of a batch that have a text.
func (w *work) repeated(copies []decoded) error {
	for _, d := range copies {
		room, err := parseID(d.ev.Scope)
		if err != nil {
			return fmt.Errorf("%d: %w", d.Seq, err)
		}
		w.copies = append(w.copies, copied{int64(d.Seq), room, d.id})
	}
	return nil
}

// noteCopies remembers where copies stand in the log, so that they are erased
// with the message that they repeat. One of a message that is deleted already
// is due at once: so is the message itself, where the log has it again.
func noteCopies(ctx context.Context, tx pgx.Tx, copies []copied) error {
	if len(copies) == 0 {
		return nil
	}
	var seqs []int64
	var rooms, ids []pgtype.UUID
	for _, c := range copies {
		seqs, rooms, ids = append(seqs, c.seq), append(rooms, c.room), append(ids, c.id)
	}
	_, err := tx.Exec(ctx, `
		WITH copy AS (
			SELECT c.seq, c.room_id, c.id, e.seq AS target, coalesce(e.type = 'message.erased', false) AS erased
			FROM unnest($1::bigint[], $2::uuid[], $3::uuid[]) AS c (seq, room_id, id)
			LEFT JOIN events e ON e.id = c.id
		), noted AS (
			INSERT INTO copies (seq, room_id, id)
			SELECT seq, room_id, id FROM copy WHERE NOT erased AND seq IS DISTINCT FROM target
			ON CONFLICT DO NOTHING
		)
		INSERT INTO erasures (seq, room_id, id, target)
		SELECT seq, room_id, id, target FROM copy WHERE erased
		ON CONFLICT (seq) DO UPDATE SET done = NULL`, seqs, rooms, ids)
	return err
}

// Erasure is an entry of CHAT whose event must not be read any more: a deleted
// message, a version of its text, or a copy of either.
type Erasure struct {
	Seq      uint64
	Room, ID string
}

// DueErasures returns up to limit of what is still to be erased, of messages that
// were posted at least age ago. Whatever the tables say that was deleted is, or will
// be, among them until Erased was told.
func (db *DB) DueErasures(ctx context.Context, age time.Duration, limit int) ([]Erasure, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT x.seq, x.room_id::text, x.id::text
		FROM erasures x LEFT JOIN events e ON e.room_id = x.room_id AND e.seq = x.target
		WHERE x.done IS NULL AND (e.at <= clock_timestamp() - $1::interval) IS NOT FALSE
		ORDER BY x.seq LIMIT $2`, age, limit)
	if err != nil {
		return nil, db.failed("look for what is to be erased", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Erasure])
	return due, db.maybe("look for what is to be erased", err)
}

// Erased notes that the log has forgotten an entry, or that something else
// stands there, which was kept.
func (db *DB) Erased(ctx context.Context, seq uint64, kept bool) error {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	_, err := db.pool.Exec(ctx, `
		UPDATE erasures SET done = clock_timestamp(), kept = $2 WHERE seq = $1 AND done IS NULL`, signed(seq), kept)
	return db.maybe("note what was erased", err)
}

// ErasedBetween returns what the log was to forget of after < seq ≤ upTo, as of now.
func (db *DB) ErasedBetween(ctx context.Context, after, upTo uint64) ([]uint64, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `SELECT seq FROM erasures WHERE seq > $1 AND seq <= $2 AND NOT kept`, signed(after), signed(upTo))
	if err != nil {
		return nil, db.failed("look for what was erased", err)
	}
	seqs, err := pgx.CollectRows(rows, pgx.RowTo[uint64])
	return seqs, db.maybe("look for what was erased", err)
}

// Subject is the entry's.
func (e Erasure) Subject() string { return events.Chat.Subject(e.Room) }
