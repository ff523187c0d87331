package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/sql"
)

// amended compares what the tables show of edited, deleted, reacted and pinned
// messages with the amendments, whose rows have been compared with the log.
func (a *auditor) amended(ctx context.Context) (err error) {
	if a.report.Erasing, err = a.tables.Erasing(ctx); err != nil {
		return err
	}
	misplaced, err := a.tables.Misplaced(ctx, a.after(events.Chat), a.o.Limit)
	for _, m := range misplaced {
		a.differs(Difference{Kind: Changed, Stream: events.Chat, Seq: m.Seq, Scope: m.Room, Log: m.What + " " + m.Want, Table: m.Have})
	}
	return errors.Join(err, a.tombstones(ctx), a.versions(ctx))
}

// tombstones looks at what is left of deleted messages: what their deletion
// says, and nothing else.
func (a *auditor) tombstones(ctx context.Context) error {
	list, err := a.tables.Tombstones(ctx, a.after(events.Chat))
	if err != nil {
		return err
	}
	for {
		t, err := list.Next(ctx)
		if err != nil || t == nil {
			return err
		}
		d := Difference{Stream: events.Chat, Seq: t.Seq, Scope: t.Room}
		deletion, bad := events.Decode([]byte(t.Deletion))
		switch {
		case t.Left != "":
			d.Kind, d.Log, d.Table = Kept, fmt.Sprintf("that this was deleted at %d", t.DeletedAt), t.Left
		case bad != nil && t.DeletedAt > a.upTo(events.Chat):
			continue // which is written down as a row beyond the offset
		case bad != nil:
			d.Kind, d.Log, d.Table = Stray, fmt.Sprintf("no deletion of it at %d", t.DeletedAt), "that it was deleted there"
		case string(chat.Erased(t.DeletedAt, deletion)) != t.Envelope:
			d.Kind, d.Log, d.Table = Changed, string(chat.Erased(t.DeletedAt, deletion)), t.Envelope
		default:
			continue
		}
		a.differs(d)
	}
}

// versions compares what edited messages say now with their edits.
func (a *auditor) versions(ctx context.Context) error {
	list, err := a.tables.Versions(ctx, a.after(events.Chat))
	if err != nil {
		return err
	}
	var message sql.VersionRow // the last of its rows
	var now []byte             // what it should say
	end := func() {
		want := slices.Sorted(slices.Values(peopleIn(now)))
		switch {
		case message.Seq == 0:
		case string(now) != message.Current:
			a.differs(Difference{Kind: Changed, Stream: events.Chat, Seq: message.Seq, Scope: message.Room,
				Log: fmt.Sprintf("that it says now %.300q", dataOf(now)), Table: fmt.Sprintf("%.300q", dataOf([]byte(message.Current)))})
		case now != nil && !slices.Equal(slices.Compact(want), message.Mentioned):
			a.differs(Difference{Kind: Mention, Stream: events.Chat, Seq: message.Seq, Scope: message.Room,
				Log: fmt.Sprintf("mentions of %q", want), Table: fmt.Sprintf("%q", message.Mentioned)})
		}
	}
	for {
		v, err := list.Next(ctx)
		if err != nil {
			return err
		}
		if v == nil {
			end()
			return nil
		}
		if v.Seq != message.Seq || v.Room != message.Room {
			end()
			now = nil
		}
		message = *v
		now = edited(now, v)
	}
}

// edited returns what a message says after one more edit, nil while nobody has
// edited it who may.
func edited(now []byte, v *sql.VersionRow) []byte {
	before := now
	if now == nil {
		before = []byte(v.Envelope)
	}
	message, bad := events.Decode(before)
	edit, wrong := events.Decode([]byte(v.Edit))
	if bad != nil || wrong != nil {
		return now
	}
	item, changed := chat.Amend(chat.Item{Seq: v.Seq, Event: before}, v.EditSeq, edit)
	if !changed || message.Type != events.MessagePosted {
		return now
	}
	return item.Event
}

// dataOf returns what an event says, for whoever looks for a difference.
func dataOf(body []byte) string {
	ev, err := events.Decode(body)
	if err != nil {
		return string(body)
	}
	return string(ev.Data)
}

// peopleIn returns whom a message mentions by name.
func peopleIn(body []byte) (ids []string) {
	ev, err := events.Decode(body)
	if err != nil || !strings.Contains(string(ev.Data), `"mentions"`) {
		return nil
	}
	data, _ := events.DataOf[events.MessagePostedData](ev)
	for _, person := range data.Mentions {
		ids = append(ids, person.ID)
	}
	return ids
}
