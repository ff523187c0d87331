package audit

import (
	"context"
	"fmt"

	"github.com/natter-chat/natter/events"
)

// fold compares a stream with the table that has a row for each of its events,
// or for some: dead letters ∪ rows = log.
type fold struct {
	*auditor
	stream events.Stream
	rows   rows
	// want returns the row of an entry; false if it has none.
	want func(e entry) (row, bool)
	// places returns where the events with these ids stand.
	places func(ctx context.Context, ids []string) (map[string]uint64, error)
}

func (f *fold) page(ctx context.Context, p page) error {
	var alone []entry
	for _, e := range p.entries {
		have, err := f.rowAt(ctx, e)
		if err != nil {
			return err
		}
		if f.one(e, have) {
			alone = append(alone, e)
		}
	}
	if err := f.straysUpTo(ctx, p.upTo); err != nil {
		return err
	}
	return f.withoutRow(ctx, alone)
}

// one compares an entry with its row, nil if there is none. It returns true if
// there should be one.
func (f *fold) one(e entry, have *row) (alone bool) {
	d := Difference{Stream: f.stream, Seq: e.Seq, Scope: e.ev.Scope, Table: "nothing"}
	if have != nil {
		d.Table = have.String()
	}
	want, needed := f.want(e)
	switch {
	case e.letter != nil && have != nil:
		d.Kind, d.Log, d.Table = Both, fmt.Sprintf("%.120q", e.Body), d.Table+", and that it could not be applied: "+e.letter.Reason
	case e.letter != nil:
		return false
	case e.bad != nil && have == nil:
		d.Kind, d.Log, d.Table = Missing, fmt.Sprintf("%.120q, which nobody can decode", e.Body), "neither a row nor a dead letter"
	case e.bad != nil:
		d.Kind, d.Log = Changed, fmt.Sprintf("%.120q, which nobody can decode", e.Body)
	case have == nil:
		return needed
	case !needed:
		d.Kind, d.Log = Stray, fmt.Sprintf("that this is a %s, which has no row", e.ev.Type)
	case !want.equal(*have):
		d.Kind, d.Log = Changed, want.String()
	default:
		return false
	}
	f.differs(d)
	return false
}

// rowAt returns the row of an entry. What stands before it, or in another room
// at the same sequence, is a stray.
func (f *fold) rowAt(ctx context.Context, e entry) (have *row, err error) {
	if err := f.straysUpTo(ctx, e.Seq-1); err != nil {
		return nil, err
	}
	for {
		r, err := f.rows.peek(ctx)
		if err != nil || r == nil || r.seq > e.Seq {
			return have, err
		}
		other := have
		if have == nil || r.scope == e.ev.Scope {
			have = r
		} else {
			other = r
		}
		if other != nil {
			if err := f.stray(ctx, f.stream, other.seq, other.scope, other.String()); err != nil {
				return nil, err
			}
		}
		f.report.Streams[f.stream].Rows++
		if _, err := f.rows.next(ctx); err != nil {
			return nil, err
		}
	}
}

// straysUpTo takes rows that no entry has claimed.
func (f *fold) straysUpTo(ctx context.Context, seq uint64) error {
	for {
		r, err := f.rows.peek(ctx)
		if err != nil || r == nil || r.seq > seq {
			return err
		}
		if err := f.stray(ctx, f.stream, r.seq, r.scope, r.String()); err != nil {
			return err
		}
		if _, err := f.rows.next(ctx); err != nil {
			return err
		}
	}
}

// withoutRow looks for entries that have none: either their event stands in the
// log a second time, or nobody has applied them.
func (f *fold) withoutRow(ctx context.Context, alone []entry) error {
	if len(alone) == 0 {
		return nil
	}
	var ids []string
	for _, e := range alone {
		ids = append(ids, e.ev.ID)
	}
	places, err := f.places(ctx, ids)
	if err != nil {
		return err
	}
	for _, e := range alone {
		d := Difference{Kind: Missing, Stream: f.stream, Seq: e.Seq, Scope: e.ev.Scope,
			Log: fmt.Sprintf("%s %s", e.ev.Type, e.ev.ID), Table: "neither a row nor a dead letter"}
		if first, twice := places[e.ev.ID]; twice {
			d.Kind, d.Table = Twice, fmt.Sprintf("that this event stands at %d", first)
		}
		if d.Kind != Twice || !f.o.Twice[e.ev.ID] {
			f.differs(d)
		}
	}
	return nil
}

// end looks at the rows behind the last page.
func (f *fold) end(ctx context.Context) error {
	offset := f.report.Streams[f.stream].Offset
	if err := f.straysUpTo(ctx, offset); err != nil {
		return err
	}
	for {
		r, err := f.rows.next(ctx)
		if err != nil || r == nil {
			return err
		}
		f.differs(Difference{Kind: Offset, Stream: f.stream, Seq: r.seq, Scope: r.scope,
			Log: "whatever it says", Table: fmt.Sprintf("%s, and that they are true up to %d only", r, offset)})
	}
}
