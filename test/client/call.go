package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// option changes a request or what is expected of its answer.
type option func(*request)

type request struct {
	header http.Header
	status int // 0: any of 200 to 299
}

func expect(status int) option { return func(r *request) { r.status = status } }

func key(key string) option {
	return func(r *request) {
		if key != "" {
			r.header.Set("Idempotency-Key", key)
		}
	}
}

// call sends one request and decodes the answer into out. An error status
// comes back as *Problem, and must carry a problem's body.
func (c *Client) call(ctx context.Context, method, path string, body, out any, options ...option) (*http.Response, error) {
	r := request{header: http.Header{}}
	for _, o := range options {
		o(&r)
	}
	req, err := c.request(ctx, method, path, body, r.header)
	if err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return nil, fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	}
	if res.StatusCode >= 300 {
		return res, fmt.Errorf("%s %s: %w", method, path, problem(res, raw))
	}
	if r.status != 0 && res.StatusCode != r.status {
		return res, fmt.Errorf("%s %s: status %d, want %d", method, path, res.StatusCode, r.status)
	}
	if out == nil {
		return res, nil
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return res, fmt.Errorf("%s %s: decode %q: %w", method, path, raw, err)
	}
	return res, nil
}

func (c *Client) request(ctx context.Context, method, path string, body any, header http.Header) (*http.Request, error) {
	var content io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, fmt.Errorf("encode the request: %w", err)
		}
		content = bytes.NewReader(raw)
		header.Set("Content-Type", "application/json")
	}
	req, err := http.NewRequestWithContext(ctx, method, c.Edge+path, content)
	if err != nil {
		return nil, err
	}
	req.Header = header
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != "" {
		header.Set("Authorization", "Bearer "+c.token)
	}
	if c.cookie != nil && strings.HasPrefix(path, "/api/session") {
		// The cookie is a browser's credential: it comes with an origin.
		req.AddCookie(&http.Cookie{Name: c.cookie.Name, Value: c.cookie.Value})
		header.Set("Origin", c.Edge)
	}
	return req, nil
}

// problem reads an error's body. A body that is no problem is a defect of
// natter, and its error says so.
func problem(res *http.Response, raw []byte) error {
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "application/problem+json") {
		return fmt.Errorf("status %d with content type %q instead of a problem: %.200q", res.StatusCode, got, raw)
	}
	p := &Problem{}
	if err := json.Unmarshal(raw, p); err != nil {
		return fmt.Errorf("status %d with a broken problem %.200q: %w", res.StatusCode, raw, err)
	}
	if p.Status != res.StatusCode || p.Code == "" {
		return fmt.Errorf("status %d with the problem %.200q, which names another status or no code", res.StatusCode, raw)
	}
	return p
}
