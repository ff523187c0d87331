package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// MyRooms is my list of rooms and the position up to which it is true.
type MyRooms struct {
	Rooms    []chat.MyRoom `json:"rooms"`
	Position string        `json:"position"`
}

// Rooms lists my rooms, latest activity first.
func (c *Client) Rooms(ctx context.Context) (list MyRooms, err error) {
	_, err = c.call(ctx, http.MethodGet, "/api/rooms", nil, &list)
	return list, err
}

// PublicRooms finds public rooms by a part of their name.
func (c *Client) PublicRooms(ctx context.Context, query, after string, limit int) (rooms []chat.Room, next string, err error) {
	var page struct {
		Rooms []chat.Room `json:"rooms"`
		Next  string      `json:"next"`
	}
	_, err = c.call(ctx, http.MethodGet, "/api/rooms/public"+params("query", query, "after", after, "limit", number(uint64(limit))), nil, &page)
	return page.Rooms, page.Next, err
}

// CreateRoom makes a room; the same key again is the same room.
func (c *Client) CreateRoom(ctx context.Context, kind, name, idempotency string) (room chat.Room, err error) {
	body := map[string]string{"kind": kind, "name": name}
	_, err = c.call(ctx, http.MethodPost, "/api/rooms", body, &room, key(idempotency))
	return room, err
}

// Direct opens the direct room with the person called name.
func (c *Client) Direct(ctx context.Context, name string) (room chat.Room, err error) {
	_, err = c.call(ctx, http.MethodPost, "/api/rooms/direct", map[string]string{"name": name}, &room)
	return room, err
}

// Room returns one room of mine, or a public one.
func (c *Client) Room(ctx context.Context, id string) (room chat.Room, err error) {
	_, err = c.call(ctx, http.MethodGet, "/api/rooms/"+id, nil, &room)
	return room, err
}

// Join makes me a member.
func (c *Client) Join(ctx context.Context, room string) error {
	_, err := c.call(ctx, http.MethodPost, "/api/rooms/"+room+"/join", nil, nil)
	return err
}

// Leave ends my membership.
func (c *Client) Leave(ctx context.Context, room string) error {
	_, err := c.call(ctx, http.MethodPost, "/api/rooms/"+room+"/leave", nil, nil)
	return err
}

// Invite asks the person called name into the room.
func (c *Client) Invite(ctx context.Context, room, name string) error {
	_, err := c.call(ctx, http.MethodPost, "/api/rooms/"+room+"/invitations", map[string]string{"name": name}, nil)
	return err
}

// Remove ends somebody's membership, as a moderator.
func (c *Client) Remove(ctx context.Context, room, user string) error {
	_, err := c.call(ctx, http.MethodDelete, "/api/rooms/"+room+"/members/"+user, nil, nil)
	return err
}

// Limit sets how many members a room may have, as its owner.
func (c *Client) Limit(ctx context.Context, room string, capacity int) error {
	_, err := c.call(ctx, http.MethodPatch, "/api/rooms/"+room, map[string]int{"capacity": capacity}, nil)
	return err
}

// Members lists the people of a room.
func (c *Client) Members(ctx context.Context, room, after string, limit int) (members []chat.Member, next string, err error) {
	var page struct {
		Members []chat.Member `json:"members"`
		Next    string        `json:"next"`
	}
	_, err = c.call(ctx, http.MethodGet, "/api/rooms/"+room+"/members"+params("after", after, "limit", number(uint64(limit))), nil, &page)
	return page.Members, page.Next, err
}

// Person is somebody as natter names them.
type Person = events.Person

// params builds a query of those names whose value is not empty.
func params(pairs ...string) string {
	v := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			v.Set(pairs[i], pairs[i+1])
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

// number writes n, and nothing for 0.
func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(n, 10)
}
