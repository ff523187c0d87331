package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// chat compares CHAT with its rows, their mentions, and with what its events
// oblige the notifier to.
func (a *auditor) chat(ctx context.Context) error {
	after := a.after(events.Chat)
	list, err := a.tables.Events(ctx, after)
	if err != nil {
		return err
	}
	mentions, err := a.tables.Mentions(ctx, after)
	if err != nil {
		return err
	}
	f := &fold{auditor: a, stream: events.Chat, places: a.tables.EventPlaces, want: wantedOfChat,
		rows: rowsOf[sql.EventRow]{list, func(r *sql.EventRow) row {
			return row{seq: r.Seq, scope: r.Room, id: r.ID, at: r.At, hash: r.Hash, columns: []string{r.Type, r.Actor}}
		}}}
	err = a.pages(ctx, events.Chat, func(ctx context.Context, p page) error {
		return errors.Join(f.page(ctx, p), a.mentions(ctx, mentions, p), a.untold(ctx, p))
	})
	if err != nil {
		return err
	}
	return errors.Join(f.end(ctx), a.strayMentions(ctx, mentions))
}

// wantedOfChat is the row of any event of CHAT, known or not.
func wantedOfChat(e entry) (row, bool) {
	return wanted(e, string(e.ev.Type), e.ev.Actor.ID), e.bad == nil
}

// mentions compares the mentions of a page's messages with their rows. A
// message that has no row of its own mentions nobody.
func (a *auditor) mentions(ctx context.Context, list *sql.List[sql.MentionRow], p page) error {
	have := map[uint64][]string{}
	for {
		m, err := list.Peek(ctx)
		if err != nil {
			return err
		}
		if m == nil || m.Seq > p.upTo {
			break
		}
		have[m.Seq] = append(have[m.Seq], m.Room+" "+m.User)
		if _, err := list.Next(ctx); err != nil {
			return err
		}
	}
	suspects, err := a.differingMentions(ctx, p, have)
	if err != nil || len(suspects) == 0 {
		return err
	}
	return a.reportMentions(ctx, suspects, have)
}

// differingMentions returns the entries whose mentions are not those of their
// rows, and writes down those that no entry has.
func (a *auditor) differingMentions(ctx context.Context, p page, have map[uint64][]string) (suspects []entry, err error) {
	known := map[uint64]bool{}
	for _, e := range p.entries {
		known[e.Seq] = true
		want := mentionsOf(e)
		slices.Sort(have[e.Seq])
		if !slices.Equal(want, have[e.Seq]) {
			suspects = append(suspects, e)
		}
	}
	for seq, them := range have {
		if !known[seq] {
			err = errors.Join(err, a.stray(ctx, events.Chat, seq, them[0], "mentions of it"))
		}
	}
	return suspects, err
}

// reportMentions leaves out second copies of an event: the first one's row has
// its mentions.
func (a *auditor) reportMentions(ctx context.Context, suspects []entry, have map[uint64][]string) error {
	var ids []string
	for _, e := range suspects {
		if e.bad == nil {
			ids = append(ids, e.ev.ID)
		}
	}
	places, err := a.tables.EventPlaces(ctx, ids)
	if err != nil {
		return err
	}
	edited, err := a.tables.EditedOf(ctx, ids) // they mention whom their newest text mentions: see versions
	for _, e := range suspects {
		if edited[e.ev.ID] == e.Seq {
			continue
		}
		if len(have[e.Seq]) == 0 && places[e.ev.ID] != e.Seq {
			continue // it has no row, which is written down already
		}
		a.differs(Difference{Kind: Mention, Stream: events.Chat, Seq: e.Seq, Scope: e.ev.Scope,
			Log: fmt.Sprintf("mentions of %q", mentionsOf(e)), Table: fmt.Sprintf("%q", have[e.Seq])})
	}
	return err
}

// strayMentions looks at what stands behind the last page.
func (a *auditor) strayMentions(ctx context.Context, list *sql.List[sql.MentionRow]) error {
	for {
		m, err := list.Next(ctx)
		if err != nil || m == nil {
			return err
		}
		a.differs(Difference{Kind: Stray, Stream: events.Chat, Seq: m.Seq, Scope: m.Room, Log: "nothing of it yet", Table: "a mention of " + m.User})
	}
}

// mentionsOf returns whom an entry mentions: room and user, each once, sorted.
func mentionsOf(e entry) []string {
	if e.bad != nil || e.letter != nil || e.ev.Type != events.MessagePosted || e.ev.Version > events.Version ||
		!strings.Contains(string(e.ev.Data), `"mentions"`) && !strings.Contains(string(e.ev.Data), `"crowd"`) {
		return nil
	}
	data, err := events.DataOf[events.MessagePostedData](e.ev)
	if err != nil {
		return nil
	}
	var them []string
	for _, person := range data.Mentions {
		them = append(them, e.ev.Scope+" "+person.ID)
	}
	if data.Crowd == "room" {
		them = append(them, e.ev.Scope+" 00000000-0000-0000-0000-000000000000") // all members
	}
	slices.Sort(them)
	return slices.Compact(them)
}
