package edge

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// AuditPage is a page of what happened to accounts, newest first.
type AuditPage struct {
	Items []chat.Item `json:"items" nullable:"false"`
	Next  uint64      `json:"next" doc:"Pass as before; 0 at the end"`
}

// audit returns a page of one person's events, or with "" of everybody's: the
// rows up to their offset, and the log after it.
func (e *Edge) audit(ctx context.Context, user string, before uint64, limit int) (AuditPage, error) {
	rows, offset, err := e.Accounts.Audit(ctx, user, before, limit+1)
	if err != nil {
		return AuditPage{}, err
	}
	items := rows
	if before == 0 || before > offset+1 {
		subject := events.Audit.Prefix() + "*"
		if user != "" {
			subject = events.Audit.Subject(user)
		}
		tail, err := e.Log.ReadBack(ctx, subject, offset, before, limit+1)
		if err != nil {
			return AuditPage{}, err
		}
		items = nil
		for _, entry := range slices.Backward(tail) {
			if _, body, ok := readable(entry); ok {
				items = append(items, chat.Item{Seq: entry.Seq, Event: body})
			}
		}
		items = append(items, rows...)
	}
	page := AuditPage{}
	if len(items) > limit {
		items = items[:limit]
		page.Next = items[limit-1].Seq
	}
	page.Items = listOf(items)
	return page, nil
}

// ownAudit is audit for the person themselves: it tells who did something to
// their account, and not from where. That is for owners.
func (e *Edge) ownAudit(ctx context.Context, user string, before uint64, limit int) (AuditPage, error) {
	page, err := e.audit(ctx, user, before, limit)
	if err != nil {
		return AuditPage{}, err
	}
	for i, item := range page.Items {
		if page.Items[i].Event, err = withoutWhereabouts(item.Event, user); err != nil {
			return AuditPage{}, err
		}
	}
	return page, nil
}

// withoutWhereabouts returns the event without device and network address, if
// they are another person's. A stranger's stay: they are why one looks.
func withoutWhereabouts(body []byte, user string) ([]byte, error) {
	ev, err := events.Decode(body)
	if err != nil || ev.Actor.ID == "" || ev.Actor.ID == user {
		return body, err
	}
	data, err := events.DataOf[map[string]json.RawMessage](ev)
	if err != nil {
		data = map[string]json.RawMessage{} // a later version's, of which nothing is known
	}
	delete(data, "device")
	delete(data, "address")
	if ev.Data, err = json.Marshal(data); err != nil {
		return nil, err
	}
	return ev.Encode(), nil
}
