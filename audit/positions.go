package audit

import (
	"context"
	"fmt"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// consumers are the folds whose offsets say how far the tables are true.
var consumers = map[events.Stream]string{events.Chat: sql.ChatConsumer, events.Reads: sql.ReadsConsumer, events.Notify: sql.NotifyConsumer,
	events.Audit: sql.AuditConsumer}

// positions finds out what can be compared. The log is asked after the
// snapshot: an offset that lies beyond its end then never was right.
func (a *auditor) positions(ctx context.Context) error {
	offsets, err := a.tables.Offsets(ctx)
	if err != nil {
		return err
	}
	for s, consumer := range consumers {
		if err := a.position(ctx, s, offsets[consumer]); err != nil {
			return err
		}
	}
	if err := a.searched(ctx, offsets[sql.SearchConsumer]); err != nil {
		return err
	}
	cursor, err := a.log.CursorBefore(ctx, a.upTo(events.Notify)+1)
	if err != nil {
		return err
	}
	chat := a.report.Streams[events.Chat]
	if cursor.Incarnation == chat.Incarnation {
		a.told = cursor.Seq
	}
	if a.o.Told {
		a.told = max(a.told, a.upTo(events.Chat))
	}
	if a.report.NotifierLag, err = a.behind(ctx, events.Chat, max(a.told, chat.First-1), chat.Last); err != nil {
		return err
	}
	if a.told > chat.Last {
		a.differs(Difference{Kind: Offset, Stream: events.Chat, Seq: a.told, Log: fmt.Sprintf("that it ends at %d", chat.Last),
			Table: fmt.Sprintf("that the notifier has handled it up to %d", a.told)})
	}
	return nil
}

func (a *auditor) position(ctx context.Context, s events.Stream, o sql.Offset) error {
	state, err := a.log.State(ctx, s)
	if err != nil {
		return err
	}
	st := &Stream{Incarnation: a.log.Incarnation(s), First: state.First, Last: state.Last, Offset: o.Seq}
	a.report.Streams[s] = st
	if st.Lag, err = a.behind(ctx, s, max(st.Offset, st.First-1), st.Last); err != nil {
		return err
	}
	a.holds(s, o)
	st.Gone, err = a.tables.Older(ctx, s, a.o.After[s], st.First-1)
	return err
}

// searched is the same of the other fold of CHAT, which is 0 before its first use.
func (a *auditor) searched(ctx context.Context, o sql.Offset) (err error) {
	if o.Consumer == "" {
		return nil
	}
	a.holds(events.Chat, o)
	chat := a.report.Streams[events.Chat]
	a.report.SearchLag, err = a.behind(ctx, events.Chat, max(o.Seq, chat.First-1), chat.Last)
	return err
}

// holds reports an offset that cannot be.
func (a *auditor) holds(s events.Stream, o sql.Offset) {
	st := a.report.Streams[s]
	if o.Consumer != "" && o.Incarnation != st.Incarnation {
		a.differs(Difference{Kind: Offset, Stream: s, Log: "that this is its life " + st.Incarnation,
			Table: fmt.Sprintf("that %s reads its life %s", o.Consumer, o.Incarnation)})
	}
	if o.Seq > st.Last {
		a.differs(Difference{Kind: Offset, Stream: s, Seq: o.Seq, Log: fmt.Sprintf("that it ends at %d", st.Last),
			Table: fmt.Sprintf("that %s has applied it up to %d", o.Consumer, o.Seq)})
	}
}

// behind returns how many sequences follow an offset, 0 if all that stood there
// was erased: then nobody will ever apply it.
func (a *auditor) behind(ctx context.Context, s events.Stream, offset, last uint64) (uint64, error) {
	if offset >= last || s != events.Chat {
		return last - min(last, offset), nil
	}
	left, _, err := a.log.Read(ctx, s.Prefix()+"*", offset, 1)
	if err != nil || len(left) == 0 {
		return 0, err
	}
	return last - offset, nil
}

// after is the sequence after which a stream is compared.
func (a *auditor) after(s events.Stream) uint64 {
	return max(a.o.After[s], a.report.Streams[s].First-1)
}

// upTo is the sequence up to which a stream is compared.
func (a *auditor) upTo(s events.Stream) uint64 {
	return min(a.report.Streams[s].Offset, a.report.Streams[s].Last)
}

// held reports whether the log should still have what stood at seq: entries
// expire while an audit runs.
func (a *auditor) held(ctx context.Context, s events.Stream, seq uint64) (bool, error) {
	if _, asked := a.first[s]; !asked {
		state, err := a.log.State(ctx, s)
		if err != nil {
			return false, err
		}
		a.first[s] = state.First
	}
	return seq >= a.first[s], nil
}
