package sql

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/natter-chat/natter/events"
)

// flushAtOnce is how many events one transaction of FlushOutbox publishes.
const flushAtOnce = 200

// flushWithin bounds one transaction of FlushOutbox, waiting for another
// flusher included. A publish may be retried for 12 s.
const flushWithin = 25 * time.Second

// putOut writes an event into the outbox, in the transaction that decided it.
// Whoever calls it holds the lock of the event's room or session.
func putOut(ctx context.Context, tx pgx.Tx, ev events.Event) error {
	_, err := tx.Exec(ctx, `INSERT INTO outbox (subject, event, trace) VALUES ($1, $2, $3)`,
		ev.Subject(), string(ev.Encode()), events.TraceOf(ctx))
	return err
}

// pending returns the subject if the outbox still holds events of it, else "":
// for a command that found its work done, perhaps by a try that never got to
// publish.
func pending(ctx context.Context, q querier, subject string) (string, error) {
	var waiting bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM outbox WHERE subject = $1)`, subject).Scan(&waiting)
	if err != nil || !waiting {
		return "", err
	}
	return subject, nil
}

// FlushOutbox publishes the outbox's events of one subject in their order. It
// returns when the log has all that was committed before the call. publish must
// be safe to repeat: after a crash, an event may be published again, with the
// same id. written is when the event was decided; a caller uses it to tell
// whether the log's duplicate window may have passed.
//
// One flusher at a time works on a subject, others wait and find nothing. When
// publish fails, what was published before is recorded, the rest stays.
func (db *DB) FlushOutbox(ctx context.Context, subject string, publish func(ctx context.Context, ev events.Event, written time.Time) (seq uint64, err error)) error {
	select {
	case db.flushing <- struct{}{}:
		defer func() { <-db.flushing }()
	case <-ctx.Done():
		return db.failed("flush the outbox", ctx.Err())
	}
	for {
		n, err := db.flushSome(ctx, subject, publish)
		if err != nil || n < flushAtOnce {
			return err
		}
	}
}

// outboxRow is one event that waits for being published.
type outboxRow struct {
	ID      int64
	Event   string
	Trace   string
	Created time.Time
}

func (db *DB) flushSome(ctx context.Context, subject string, publish func(context.Context, events.Event, time.Time) (uint64, error)) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, flushWithin)
	defer cancel()
	tx, err := db.begin(ctx)
	if err != nil {
		return 0, db.failed("flush the outbox", err)
	}
	defer rollBack(ctx, tx)
	rows, err := lockOutbox(ctx, tx, subject)
	if err != nil || len(rows) == 0 {
		return 0, db.maybe("flush the outbox", err)
	}
	var published flushed
	var publishErr error
	for _, row := range rows {
		if publishErr = published.publish(ctx, row, publish); publishErr != nil {
			break
		}
	}
	// What the log has is recorded even if the time for publishing is over.
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), queryWithin)
	defer cancel()
	if err := published.record(ctx, tx); err != nil {
		return 0, db.failed("record what was published", err)
	}
	if err := tx.Commit(ctx); err != nil {
		return 0, db.commitFailed("record what was published", err)
	}
	return len(rows), publishErr
}

// lockOutbox takes the subject's oldest events. The locks are taken in order,
// and a row that another flusher deleted meanwhile is skipped.
func lockOutbox(ctx context.Context, tx pgx.Tx, subject string) ([]outboxRow, error) {
	if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = `+milliseconds(flushWithin)); err != nil {
		return nil, err
	}
	rows, err := tx.Query(ctx, `
		SELECT id, event, trace, created FROM outbox WHERE subject = $1
		ORDER BY id LIMIT $2 FOR UPDATE`, subject, flushAtOnce)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[outboxRow])
}

// flushed is what the log has of one flush.
type flushed struct {
	ids    []int64
	joined []joined
}

// joined is a member.joined with the sequence that the log gave it.
type joined struct {
	room, user string
	rev, seq   int64
}

func (f *flushed) publish(ctx context.Context, row outboxRow, publish func(context.Context, events.Event, time.Time) (uint64, error)) error {
	ev, err := events.Decode([]byte(row.Event))
	if err != nil {
		return fmt.Errorf("outbox event %d: %w", row.ID, err)
	}
	ev.Trace = row.Trace
	seq, err := publish(ctx, ev, row.Created)
	if err != nil {
		return err
	}
	f.ids = append(f.ids, row.ID)
	if ev.Type != events.MemberJoined {
		return nil
	}
	data, err := events.DataOf[events.MemberJoinedData](ev)
	if err != nil {
		return fmt.Errorf("outbox event %d: %w", row.ID, err)
	}
	f.joined = append(f.joined, joined{ev.Scope, data.User.ID, int64(data.Rev), int64(seq)})
	return nil
}

// record deletes what was published, and in the same transaction tells the
// members from where on they may see. The revision matches only the joining
// that is still the latest.
func (f *flushed) record(ctx context.Context, tx pgx.Tx) error {
	batch := &pgx.Batch{}
	batch.Queue(`DELETE FROM outbox WHERE id = ANY ($1)`, f.ids)
	for _, j := range f.joined {
		batch.Queue(`
			UPDATE members SET joined_seq = $4
			WHERE room_id = $1 AND user_id = $2 AND rev = $3 AND joined_seq IS NULL`,
			j.room, j.user, j.rev, j.seq)
	}
	return tx.SendBatch(ctx, batch).Close()
}

// OutboxSubjects returns up to limit subjects of each stream that have waited
// longest, at least olderThan: what the process that decided it did not publish.
// The first of each stream come first, so that one that takes nothing (its log is
// full) keeps no other from being published.
func (db *DB) OutboxSubjects(ctx context.Context, olderThan time.Duration, limit int) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, queryWithin)
	defer cancel()
	rows, err := db.pool.Query(ctx, `
		SELECT subject FROM (
			SELECT subject, min(id) AS oldest,
				row_number() OVER (PARTITION BY split_part(subject, '.', 1) ORDER BY min(id)) AS place
			FROM outbox
			GROUP BY subject
			HAVING min(created) <= clock_timestamp() - $1 * interval '1 microsecond'
		) waiting
		WHERE place <= $2
		ORDER BY place, oldest`, olderThan.Microseconds(), limit)
	if err != nil {
		return nil, db.failed("look into the outbox", err)
	}
	subjects, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return subjects, db.maybe("look into the outbox", err)
}

// maybe is failed, and nil for nil.
func (db *DB) maybe(doing string, err error) error {
	if err == nil {
		return nil
	}
	return db.failed(doing, err)
}
