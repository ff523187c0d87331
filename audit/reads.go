package audit

import (
	"context"
	"fmt"
	"math"

	"github.com/natter-chat/natter/events"
)

// reads compares READS with the markers: what can be folded has one, what
// cannot has its dead letter. How far they stand is for markers to tell.
func (a *auditor) reads(ctx context.Context) error {
	return a.pages(ctx, events.Reads, func(ctx context.Context, p page) error {
		want := map[[2]string]entry{}
		for _, e := range p.entries {
			key, is := marker(e)
			switch {
			case e.letter != nil:
			case e.bad != nil || (is && (!events.IsID(key[1]) || markedUpTo(e.ev) > math.MaxInt64)):
				a.differs(Difference{Kind: Missing, Stream: events.Reads, Seq: e.Seq, Scope: e.Subject,
					Log: fmt.Sprintf("%.120q, which nobody can apply", e.Body), Table: "no dead letter"})
			case is && markedUpTo(e.ev) >= markedUpTo(want[key].ev):
				want[key] = e
			}
		}
		return a.marked(ctx, want)
	})
}

// marker returns the room and the person of an entry that moves a marker.
func marker(e entry) (key [2]string, is bool) {
	return [2]string{e.ev.Scope, e.ev.Actor.ID}, e.bad == nil && moves(e.ev)
}

func moves(ev events.Event) bool {
	return ev.Type == events.ReadMarked && ev.Version <= events.Version
}

func markedUpTo(ev events.Event) uint64 {
	data, err := events.DataOf[events.ReadMarkedData](ev)
	if err != nil {
		return 0 // no mark at all
	}
	return data.Seq
}

// marked looks for markers that are not there.
func (a *auditor) marked(ctx context.Context, want map[[2]string]entry) error {
	var rooms, users []string
	for key := range want {
		rooms, users = append(rooms, key[0]), append(users, key[1])
	}
	if len(rooms) == 0 {
		return nil
	}
	have, err := a.tables.MarkersOf(ctx, rooms, users)
	if err != nil {
		return err
	}
	for _, m := range have {
		delete(want, [2]string{m.Room, m.User})
	}
	for _, e := range want {
		a.differs(Difference{Kind: Marker, Stream: events.Reads, Seq: e.Seq, Scope: e.ev.Scope,
			Log: fmt.Sprintf("that %s has read up to %d", e.ev.Actor.ID, markedUpTo(e.ev)), Table: "nothing of it"})
	}
	return nil
}

// markers compares each marker with the largest of the log, room by room. Where
// the log has forgotten the oldest, a marker may be larger.
func (a *auditor) markers(ctx context.Context) error {
	list, err := a.tables.Markers(ctx)
	if err != nil {
		return err
	}
	var room string
	var largest map[string]uint64 // by user
	for {
		m, err := list.Next(ctx)
		if err != nil || m == nil {
			return err
		}
		a.report.Streams[events.Reads].Rows++
		if m.Room != room {
			if largest, err = a.largest(ctx, m.Room); err != nil {
				return err
			}
			room = m.Room
		}
		want := largest[m.User]
		whole, err := a.held(ctx, events.Reads, 1)
		if err != nil {
			return err
		}
		if m.Seq < want || (m.Seq > want && whole) {
			a.differs(Difference{Kind: Marker, Stream: events.Reads, Scope: m.Room,
				Log: fmt.Sprintf("that %s has read up to %d", m.User, want), Table: fmt.Sprintf("up to %d", m.Seq)})
		}
	}
}

// largest returns the largest marker of each person in a room.
func (a *auditor) largest(ctx context.Context, room string) (map[string]uint64, error) {
	largest := map[string]uint64{}
	err := a.subject(ctx, events.Reads, room, 0, a.upTo(events.Reads), func(_ uint64, ev events.Event) {
		if seq := markedUpTo(ev); moves(ev) && seq <= math.MaxInt64 {
			largest[ev.Actor.ID] = max(largest[ev.Actor.ID], seq)
		}
	})
	return largest, err
}
