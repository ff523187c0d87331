package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/natter-chat/natter/chat"
)

func at(room string, seq uint64) string {
	return "/api/rooms/" + room + "/messages/" + strconv.FormatUint(seq, 10)
}

// Answer posts a reply to the message at seq.
func (c *Client) Answer(ctx context.Context, room, idempotency, text string, seq uint64) (ack Ack, err error) {
	_, err = c.call(ctx, http.MethodPost, "/api/rooms/"+room+"/messages", map[string]any{"text": text, "reply": seq}, &ack, key(idempotency), expect(http.StatusCreated))
	return ack, err
}

// Message reads one message as it is now.
func (c *Client) Message(ctx context.Context, room string, seq uint64) (item chat.Item, err error) {
	_, err = c.call(ctx, http.MethodGet, at(room, seq), nil, &item)
	return item, err
}

// Edit gives my message another text.
func (c *Client) Edit(ctx context.Context, room string, seq uint64, idempotency, text string) (ack Ack, err error) {
	_, err = c.call(ctx, http.MethodPatch, at(room, seq), map[string]string{"text": text}, &ack, key(idempotency))
	return ack, err
}

// Delete deletes a message.
func (c *Client) Delete(ctx context.Context, room string, seq uint64) (ack Ack, err error) {
	_, err = c.call(ctx, http.MethodDelete, at(room, seq), nil, &ack)
	return ack, err
}

// React puts an emoji to a message, or takes it back.
func (c *Client) React(ctx context.Context, room string, seq uint64, emoji string, on bool) (ack Ack, err error) {
	_, err = c.call(ctx, set(on), at(room, seq)+"/reactions/"+url.PathEscape(emoji), nil, &ack)
	return ack, err
}

// Pin pins a message, or takes it down.
func (c *Client) Pin(ctx context.Context, room string, seq uint64, on bool) (ack Ack, err error) {
	_, err = c.call(ctx, set(on), at(room, seq)+"/pin", nil, &ack)
	return ack, err
}

// Pins reads what is pinned to a room.
func (c *Client) Pins(ctx context.Context, room string) (items []chat.Item, err error) {
	var list struct {
		Items []chat.Item `json:"items"`
	}
	_, err = c.call(ctx, http.MethodGet, "/api/rooms/"+room+"/pins", nil, &list)
	return list.Items, err
}

func set(on bool) string {
	if on {
		return http.MethodPut
	}
	return http.MethodDelete
}

// Amend sends a frame that changes a message (edit, delete, react or pin) and
// waits for its ack.
func (s *Socket) Amend(ctx context.Context, op, room string, seq uint64, members map[string]any) (Ack, error) {
	frame := map[string]any{"op": op, "room": room, "seq": seq}
	for name, value := range members {
		frame[name] = value
	}
	p, err := s.Send(frame, 1)
	if err != nil {
		return Ack{}, err
	}
	f, err := p.Next(ctx)
	return f.Ack(), err
}
