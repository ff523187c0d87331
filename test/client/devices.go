package client

import (
	"context"
	"net/http"
	"time"
)

// Device is a line of the list of sessions.
type Device struct {
	ID      string    `json:"id"`
	Device  string    `json:"device"`
	Address string    `json:"address"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"`
	Current bool      `json:"current"`
}

// Devices lists where the person is logged in, the last seen first.
func (c *Client) Devices(ctx context.Context) ([]Device, error) {
	var list struct {
		Items []Device `json:"items"`
	}
	_, err := c.call(ctx, http.MethodGet, "/api/sessions", nil, &list)
	return list.Items, err
}

// EndDevice ends a session of the person's.
func (c *Client) EndDevice(ctx context.Context, session string) error {
	_, err := c.call(ctx, http.MethodDelete, "/api/sessions/"+session, nil, nil)
	return err
}

// EndOtherDevices ends all sessions of the person but this one.
func (c *Client) EndOtherDevices(ctx context.Context) error {
	_, err := c.call(ctx, http.MethodDelete, "/api/sessions", nil, nil)
	return err
}
