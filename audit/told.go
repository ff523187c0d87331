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
	type debt struct {
		e    entry
		what string
	}
	owed := map[string]debt{}
	for _, e := range p.entries {
		if e.bad != nil || e.Seq > a.told {
			continue
		}
		for id, what := range obligations(e.ev) {
			owed[id] = debt{e, what}
		}
	}
	missing, err := a.notStored(ctx, slices.Collect(maps.Keys(owed)))
	for _, id := range missing {
		d := owed[id]
		a.differs(Difference{Kind: Untold, Stream: events.Chat, Seq: d.e.Seq, Scope: d.e.ev.Scope,
			Log: fmt.Sprintf("a %s, notification %s", d.what, id), Table: "that nobody was told"})
	}
	return err
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
	if err == nil && cause.ID == c.data.Source && cause.Type == events.MessageErased {
		return nil // it was deleted, and said more than is left of it
	}
	if err == nil && cause.ID == c.data.Source && obligations(cause)[c.e.ev.ID] != "" {
		return nil
	}
	a.differs(Difference{Kind: Uncalled, Stream: events.Notify, Seq: c.e.Seq, Scope: c.e.ev.Scope,
		Log:   fmt.Sprintf("nothing in CHAT that obliges to it: event %s, at %d", c.data.Source, c.data.Seq),
		Table: fmt.Sprintf("a notification of a %s", c.data.Kind)})
	return nil
}
