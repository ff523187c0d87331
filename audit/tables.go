package audit

import (
	"context"
	"fmt"
	"strings"

	"github.com/natter-chat/natter/events"
)

// keys looks for the unique keys that make a second row impossible, and for
// second rows where one is not there.
func (a *auditor) keys(ctx context.Context) error {
	missing, err := a.tables.MissingKeys(ctx)
	if err != nil || len(missing) == 0 {
		return err
	}
	a.differs(Difference{Kind: Key, Log: "that each event has one row", Table: "no unique key " + strings.Join(missing, ", ")})
	doubled, err := a.tables.Doubled(ctx, a.o.Limit)
	for id, seq := range doubled {
		a.differs(Difference{Kind: Twice, Seq: seq, Log: "that each event has one row", Table: fmt.Sprintf("several rows of %s", id)})
	}
	return err
}

// members looks at where the members came in.
func (a *auditor) members(ctx context.Context) error {
	misplaced, err := a.tables.MisplacedMembers(ctx, a.after(events.Chat), a.upTo(events.Chat), a.o.Limit)
	for _, m := range misplaced {
		d := Difference{Kind: Member, Stream: events.Chat, Seq: m.Seq, Scope: m.Room,
			Log: m.Want, Table: fmt.Sprintf("that %s %s there", m.User, m.Have)}
		if m.User == "" {
			d.Log, d.Table = "as the list of members, "+m.Want, "that they are "+m.Have
		}
		a.differs(d)
	}
	return err
}

// outbox looks for events that were decided and never got into the log.
func (a *auditor) outbox(ctx context.Context) error {
	waiting, old, err := a.tables.Outbox(ctx, outboxAge, a.o.Limit)
	a.report.Outbox = waiting
	for _, w := range old {
		stream, _ := events.StreamOf(w.Subject)
		a.differs(Difference{Kind: LeftInBox, Stream: stream, Scope: w.Subject, Log: "nothing of it",
			Table: "that this waits to be published since " + w.Since.UTC().Format("2006-01-02 15:04:05 UTC")})
	}
	return err
}
