package audit

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// notify compares NOTIFY with its rows, and with what CHAT obliged to.
func (a *auditor) notify(ctx context.Context) error {
	list, err := a.tables.Notified(ctx, a.after(events.Notify))
	if err != nil {
		return err
	}
	f := &fold{auditor: a, stream: events.Notify, places: a.tables.NotificationPlaces, want: wantedOfNotify,
		rows: rowsOf[sql.NotificationRow]{list, func(r *sql.NotificationRow) row {
			return row{seq: r.Seq, scope: r.User, id: r.ID, at: r.At, hash: r.Hash, columns: []string{r.Kind, r.Room, r.Source, r.Cause}}
		}}}
	err = a.pages(ctx, events.Notify, func(ctx context.Context, p page) error {
		return errors.Join(f.page(ctx, p), a.uncalled(ctx, p))
	})
	if err != nil {
		return err
	}
	return f.end(ctx)
}

// wantedOfNotify is the row of a notification; other events have none.
func wantedOfNotify(e entry) (row, bool) {
	var data events.NotifiedData
	if e.ev.Version <= events.Version && e.bad == nil {
		data, _ = events.DataOf[events.NotifiedData](e.ev) // it was checked when it was decoded
	}
	cause := ""
	if data.Seq > 0 {
		cause = strconv.FormatUint(data.Seq, 10)
	}
	return wanted(e, data.Kind, data.Room, data.Source, cause), e.bad == nil && e.ev.Type == events.Notified
}

// readFlags compares what counts as read with what people marked, and with their
// read markers, person by person.
func (a *auditor) readFlags(ctx context.Context) error {
	after, upTo := a.after(events.Notify), a.upTo(events.Notify)
	list, err := a.tables.ReadFlags(ctx, after, upTo)
	if err != nil {
		return err
	}
	var person string
	var marked map[string]uint64 // room → up to where; "" is every room
	for {
		r, err := list.Next(ctx)
		if err != nil || r == nil {
			return err
		}
		if r.User != person {
			if marked, err = a.marksOf(ctx, r.User, after, upTo); err != nil {
				return err
			}
			person = r.User
		}
		read := r.Seen || r.Seq <= marked[""] || (r.Room != "" && r.Seq <= marked[r.Room])
		if held, err := a.held(ctx, events.Notify, r.Seq); err != nil {
			return err
		} else if held && read != r.Read {
			a.differs(Difference{Kind: Unread, Stream: events.Notify, Seq: r.Seq, Scope: r.User,
				Log: fmt.Sprintf("that it was read: %v", read), Table: fmt.Sprintf("that it was read: %v", r.Read)})
		}
	}
}

// marksOf returns what a person has marked as read. A mark reaches no further
// than its own place.
func (a *auditor) marksOf(ctx context.Context, user string, after, upTo uint64) (map[string]uint64, error) {
	marked := map[string]uint64{}
	err := a.subject(ctx, events.Notify, user, after, upTo, func(seq uint64, ev events.Event) {
		if ev.Type != events.NotificationRead || ev.Version > events.Version {
			return
		}
		data, err := events.DataOf[events.NotificationReadData](ev)
		if err == nil && (data.Room == "" || events.IsID(data.Room)) { // others are buried
			marked[data.Room] = max(marked[data.Room], min(data.UpTo, seq))
		}
	})
	return marked, err
}

// subject calls each with the events of one subject, after < seq ≤ upTo.
func (a *auditor) subject(ctx context.Context, s events.Stream, scope string, after, upTo uint64, each func(uint64, events.Event)) error {
	for after < upTo {
		found, more, err := a.log.Read(ctx, s.Prefix()+scope, after, pageSize)
		if err != nil {
			return err
		}
		delete(a.first, s)
		for _, e := range found {
			if ev, err := e.Event(); err == nil && e.Seq <= upTo {
				each(e.Seq, ev)
			}
			after = e.Seq
		}
		if !more || len(found) == 0 {
			return nil
		}
	}
	return nil
}
