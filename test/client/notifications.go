package client

import (
	"context"
	"net/http"

	"github.com/natter-chat/natter/chat"
)

// Notifications is a page of what I was told, newest first.
type Notifications struct {
	Items    []chat.Notification `json:"items"`
	Unread   int                 `json:"unread"`
	Older    string              `json:"older"`
	Position string              `json:"position"`
}

// Notifications reads a page; before is a position or "".
func (c *Client) Notifications(ctx context.Context, before string, limit int) (page Notifications, err error) {
	_, err = c.call(ctx, http.MethodGet, "/api/notifications"+params("before", before, "limit", number(uint64(limit))), nil, &page)
	return page, err
}

// ReadNotifications marks those up to a sequence as read, of one room or, with
// room "", of all.
func (c *Client) ReadNotifications(ctx context.Context, upTo uint64, room string) error {
	body := map[string]any{"up_to": upTo}
	if room != "" {
		body["room"] = room
	}
	_, err := c.call(ctx, http.MethodPost, "/api/notifications/read", body, nil)
	return err
}
