package client

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/natter-chat/natter/chat"
)

// Ack says that the log has a message. It is equal for every retry.
type Ack struct {
	Message    string `json:"message"`
	Seq        uint64 `json:"seq"`
	Position   string `json:"position"`
	Durability string `json:"durability"`
}

// Post posts over HTTP with the key in its header.
func (c *Client) Post(ctx context.Context, room, idempotency, text string) (ack Ack, err error) {
	_, err = c.call(ctx, http.MethodPost, "/api/rooms/"+room+"/messages", map[string]string{"text": text}, &ack, key(idempotency), expect(http.StatusCreated))
	return ack, err
}

// Page is a page of history, in ascending order.
type Page struct {
	Items    []chat.Item `json:"items"`
	Position string      `json:"position"`
	Older    string      `json:"older"`
	Newer    string      `json:"newer"`
}

// History reads one page; before and after are positions or "".
func (c *Client) History(ctx context.Context, room, before, after string, limit int) (page Page, err error) {
	_, err = c.call(ctx, http.MethodGet, "/api/rooms/"+room+"/messages"+params("before", before, "after", after, "limit", number(uint64(limit))), nil, &page)
	return page, err
}

// WholeHistory reads a room from its newest page back to its beginning, pages
// of limit entries, ascending.
func (c *Client) WholeHistory(ctx context.Context, room string, limit int) ([]chat.Item, error) {
	var items []chat.Item
	before := ""
	for {
		page, err := c.History(ctx, room, before, "", limit)
		if err != nil {
			return nil, err
		}
		items = append(page.Items[:len(page.Items):len(page.Items)], items...)
		if page.Older == "" {
			return items, nil
		}
		before = page.Older
	}
}

// MarkRead moves my read marker of the room to seq.
func (c *Client) MarkRead(ctx context.Context, room string, seq uint64) error {
	_, err := c.call(ctx, http.MethodPut, "/api/rooms/"+room+"/read", map[string]uint64{"seq": seq}, nil)
	return err
}

// Polled is the answer of a long poll.
type Polled struct {
	Events []struct {
		Seq   uint64          `json:"seq"`
		Prev  uint64          `json:"prev"`
		Event json.RawMessage `json:"event"`
	} `json:"events"`
	Position string `json:"position"`
}

// Poll waits up to wait for events after a position.
func (c *Client) Poll(ctx context.Context, room, after string, wait time.Duration) (polled Polled, err error) {
	_, err = c.call(ctx, http.MethodGet, "/api/rooms/"+room+"/events"+params("after", after, "wait", strconv.Itoa(int(wait.Seconds()))), nil, &polled)
	return polled, err
}

// Search returns the sequences of a room's newest messages that hold the words.
func (c *Client) Search(ctx context.Context, room, words string) (seqs []uint64, err error) {
	var page struct {
		Items []struct {
			Seq uint64 `json:"seq"`
		} `json:"items"`
	}
	_, err = c.call(ctx, http.MethodGet, "/api/search"+params("q", words, "room", room), nil, &page)
	for _, item := range page.Items {
		seqs = append(seqs, item.Seq)
	}
	return seqs, err
}
