package sql

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/natter-chat/natter/events"
)

// auditRows are the columns of a batch of AUDIT.
type auditRows struct {
	seqs       []int64
	ids, users []pgtype.UUID
	kinds      []*string
	times      []time.Time
	envelopes  []string
}

// queueAudit folds what happened to accounts: every event has its row, known or
// not.
func queueAudit(work *work, entries []events.Entry) error {
	all, _, err := decode(entries)
	if err != nil {
		return err
	}
	var rows auditRows
	for _, d := range all {
		if err := rows.add(d); err != nil {
			return fmt.Errorf("%d: %w", d.Seq, err)
		}
	}
	if len(rows.seqs) > 0 {
		work.then(`
			INSERT INTO audit (seq, id, user_id, kind, at, envelope)
			SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::text[])
			ON CONFLICT (id) DO NOTHING`,
			rows.seqs, rows.ids, rows.users, rows.kinds, rows.times, rows.envelopes)
	}
	return nil
}

// add adds an event. One of a newer version is listed all the same, without
// what only its own code could tell.
func (r *auditRows) add(d decoded) error {
	user, err := parseID(d.ev.Scope)
	if err != nil {
		return err
	}
	var kind *string
	if d.understood(events.SecurityNoted) {
		data, err := events.DataOf[events.SecurityNotedData](d.ev)
		if err != nil {
			return err
		}
		kind = &data.Kind
	}
	r.seqs = append(r.seqs, int64(d.Seq))
	r.ids = append(r.ids, d.id)
	r.users = append(r.users, user)
	r.kinds = append(r.kinds, kind)
	r.times = append(r.times, d.ev.Time)
	r.envelopes = append(r.envelopes, string(d.Body))
	return nil
}
