package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// untold looks for the notifications that a page of CHAT obliges to, as far as
// the notifier has come.
func (a *auditor) untold(ctx context.Context, p page) error {
	type owing struct {
		debt
		e entry
	}
	owed := map[string]owing{}
	for _, e := range p.entries {
		if e.bad != nil || e.Seq > a.told {
			continue
		}
		for id, d := range obligations(e.ev, e.Seq) {
			owed[id] = owing{d, e}
		}
	}
	missing, err := a.notStored(ctx, slices.Collect(maps.Keys(owed)))
	for _, id := range missing {
		d := owed[id]
		if d.excusable && err == nil {
			var excused bool
			if excused, err = a.excused(ctx, d.debt, d.e); excused {
				continue
			}
		}
		a.differs(Difference{Kind: Untold, Stream: events.Chat, Seq: d.e.Seq, Scope: d.e.ev.Scope,
			Log: fmt.Sprintf("a %s, notification %s", d.debt, id), Table: "that nobody was told"})
	}
	return err
}

// excused reports whether somebody may not have been told, because of what the
// tables and the log say of them: they are no member any more or may not see it,
// they have read it, or they chose once not to hear of such. When they did so
// nobody has written down; who never did, and has not read it, was to be told.
func (a *auditor) excused(ctx context.Context, d debt, e entry) (bool, error) {
	seat, err := a.tables.Seat(ctx, e.ev.Scope, d.user)
	if err != nil || !seat.Member || seat.From > d.from || seat.Read >= e.Seq {
		return err == nil, err
	}
	if !seat.Chosen {
		return false, nil
	}
	quiet := func(level string) bool { return level == "none" || level == "mentions" && d.kind == "direct" }
	whole, err := a.held(ctx, events.Notify, 1)
	if err != nil || !whole || quiet(seat.Level) {
		return err == nil, err
	}
	state, err := a.log.State(ctx, events.Notify)
	if err != nil {
		return false, err
	}
	was := false
	err = a.subject(ctx, events.Notify, d.user, 0, state.Last, func(_ uint64, ev events.Event) {
		data, err := events.DataOf[events.LevelSetData](ev)
		was = was || ev.Type == events.LevelSet && err == nil && data.Room == e.ev.Scope && quiet(data.Level)
	})
	return was, err
}

// notStored returns which notifications have neither a row nor a dead letter.
func (a *auditor) notStored(ctx context.Context, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	places, err := a.tables.NotificationPlaces(ctx, ids)
	if err != nil || len(places) == len(ids) {
		return nil, err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return places[id] > 0 })
	if places, err = a.tables.Buried(ctx, events.Notify, ids); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(ids, func(id string) bool { return places[id] > 0 }), nil
}

// claim is a notification, with what it says of its cause.
type claim struct {
	e    entry
	data events.NotifiedData
}

// uncalled looks for notifications that no event of CHAT obliged to.
func (a *auditor) uncalled(ctx context.Context, p page) error {
	var claims []claim
	var sources []string
	for _, e := range p.entries {
		if e.bad != nil || e.letter != nil || e.ev.Type != events.Notified || e.ev.Version > events.Version {
			continue
		}
		data, err := events.DataOf[events.NotifiedData](e.ev)
		if err != nil || !events.IsID(data.Source) {
			continue // it should have been buried, which the fold tells
		}
		if data.Kind == events.SecurityNotice {
			if err := a.calledByAccount(ctx, e, data); err != nil {
				return err
			}
			continue
		}
		claims, sources = append(claims, claim{e, data}), append(sources, data.Source)
	}
	if len(claims) == 0 {
		return nil
	}
	causes, err := a.tables.Envelopes(ctx, sources)
	for _, c := range claims {
		if err == nil {
			err = a.called(ctx, c, causes[c.data.Source])
		}
	}
	return err
}

// called compares a notification with its cause, which has a row, or is in the
// log only: ahead of the tables, or buried.
func (a *auditor) called(ctx context.Context, c claim, envelope string) error {
	cause, err := events.Decode([]byte(envelope))
	if envelope == "" {
		var e events.Entry
		switch e, err = a.log.Get(ctx, events.Chat, c.data.Seq); {
		case chat.CodeOf(err) == chat.NotFound && c.data.Seq > 0:
			if held, err := a.held(ctx, events.Chat, c.data.Seq); !held || err != nil {
				return err // it has expired: nobody can tell
			}
			if erased, err := a.o.DB.ErasedBetween(ctx, c.data.Seq-1, c.data.Seq); len(erased) > 0 || err != nil {
				return err // it was deleted
			}
		case err != nil:
			return err
		default:
			cause, err = e.Event()
		}
	}
	if err == nil && cause.ID == c.data.Source {
		if cause.Type == events.MessageErased {
			return nil // it was deleted since: nobody can tell
		}
		if _, due := obligations(cause, c.data.Seq)[c.e.ev.ID]; due {
			return nil
		}
		seat, err := a.tables.Seat(ctx, c.data.Room, c.e.ev.Scope)
		if err != nil || permitted(cause, c.e.ev.Scope, c.e.ev.ID, seat.Chosen) {
			return err
		}
	}
	a.differs(Difference{Kind: Uncalled, Stream: events.Notify, Seq: c.e.Seq, Scope: c.e.ev.Scope,
		Log:   fmt.Sprintf("nothing in CHAT that obliges to it: event %s, at %d", c.data.Source, c.data.Seq),
		Table: fmt.Sprintf("a notification of a %s", c.data.Kind)})
	return nil
}
