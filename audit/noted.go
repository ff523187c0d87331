package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// toldFor is how far back AUDIT obliges: it keeps its events for longer than
// NOTIFY, from which tables that are folded anew have their notifications. A day
// less than that.
const toldFor = 29 * 24 * time.Hour

// noted compares AUDIT with its rows, and NOTIFY with what it obliged to.
func (a *auditor) noted(ctx context.Context) error {
	list, err := a.tables.Noted(ctx, a.after(events.Audit))
	if err != nil {
		return err
	}
	f := &fold{auditor: a, stream: events.Audit, places: a.tables.AuditPlaces, want: wantedOfAudit,
		rows: rowsOf[sql.AuditRow]{list, func(r *sql.AuditRow) row {
			return row{seq: r.Seq, scope: r.User, id: r.ID, at: r.At, hash: r.Hash, columns: []string{r.Kind}}
		}}}
	err = a.pages(ctx, events.Audit, func(ctx context.Context, p page) error {
		return errors.Join(f.page(ctx, p), a.unwarned(ctx, p))
	})
	if err != nil {
		return err
	}
	return f.end(ctx)
}

// wantedOfAudit is the row of an event of AUDIT: each has one.
func wantedOfAudit(e entry) (row, bool) {
	var data events.SecurityNotedData
	if e.bad == nil && e.ev.Type == events.SecurityNoted && e.ev.Version <= events.Version {
		data, _ = events.DataOf[events.SecurityNotedData](e.ev) // it was checked when it was decoded
	}
	return wanted(e, data.Kind), e.bad == nil
}

// warning returns the notification that an event of AUDIT obliges to: its person
// is told when somebody used an old login of theirs. One who is new here is not
// told of the identity they came with: that one may be, and need not.
func warning(ev events.Event) (id string, due, may bool) {
	if ev.Type != events.SecurityNoted || ev.Version > events.Version {
		return "", false, false
	}
	data, err := events.DataOf[events.SecurityNotedData](ev)
	due = err == nil && data.Kind == events.NotedRefreshReuse
	return chat.NotificationID(ev.Scope, ev.ID, events.SecurityNotice), due, due || err == nil && data.Kind == events.NotedIdentityLinked
}

// unwarned looks for people who were not told what a page of AUDIT obliges to.
// Both events were in the outbox together. So the notification waits there still,
// or the log has it, in front of the tables' offset or behind it.
func (a *auditor) unwarned(ctx context.Context, p page) error {
	due := map[string]entry{}
	var ids []string
	for _, e := range p.entries {
		if id, is, _ := warning(e.ev); is && e.bad == nil && time.Since(e.Time) < toldFor {
			due[id], ids = e, append(ids, id)
		}
	}
	missing, err := a.notStored(ctx, ids)
	for _, id := range missing {
		e := due[id]
		var found bool
		if err == nil {
			found, err = a.onItsWay(ctx, events.Notify, e.ev.Scope, id)
		}
		if err == nil && !found {
			a.differs(Difference{Kind: Untold, Stream: events.Audit, Seq: e.Seq, Scope: e.ev.Scope,
				Log: "a security of " + e.ev.Scope + ", notification " + id, Table: "that nobody was told"})
		}
	}
	return err
}

// calledByAccount compares a notification about an account with its cause.
func (a *auditor) calledByAccount(ctx context.Context, e entry, data events.NotifiedData) error {
	envelopes, err := a.tables.AuditEnvelopes(ctx, []string{data.Source})
	if err != nil {
		return err
	}
	cause, err := events.Decode([]byte(envelopes[data.Source]))
	if id, _, may := warning(cause); err == nil && may && id == e.ev.ID {
		return nil
	}
	if envelopes[data.Source] == "" {
		found, err := a.onItsWay(ctx, events.Audit, e.ev.Scope, data.Source)
		if err != nil || found {
			return err
		}
	}
	a.differs(Difference{Kind: Uncalled, Stream: events.Notify, Seq: e.Seq, Scope: e.ev.Scope,
		Log: "nothing in AUDIT that obliges to it: event " + data.Source, Table: fmt.Sprintf("a notification of a %s", data.Kind)})
	return nil
}

// onItsWay reports whether the event with this id waits in the outbox, or stands
// in the log behind what the tables have.
func (a *auditor) onItsWay(ctx context.Context, s events.Stream, scope, id string) (found bool, err error) {
	if waits, err := a.tables.InOutbox(ctx, s.Subject(scope), id); waits || err != nil {
		return waits, err
	}
	state, err := a.log.State(ctx, s)
	if err != nil {
		return false, err
	}
	err = a.subject(ctx, s, scope, a.upTo(s), state.Last, func(_ uint64, ev events.Event) {
		found = found || ev.ID == id
	})
	return found, err
}
