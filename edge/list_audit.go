package edge

import (
	"context"
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
