package client

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
)

// Stream is one SSE connection.
type Stream struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

// Listen opens the stream of notifications and writes what comes into the
// bell, resuming after the bell's last id. It returns when natter has accepted.
func (c *Client) Listen(ctx context.Context, bell *Bell) (*Stream, error) {
	ctx, cancel := context.WithCancel(ctx)
	header := http.Header{"Accept": {"text/event-stream"}}
	if id := bell.LastID(); id != "" {
		header.Set("Last-Event-ID", id)
	}
	req, err := c.request(ctx, http.MethodGet, "/api/notifications/stream", nil, header)
	if err != nil {
		cancel()
		return nil, err
	}
	res, err := (&http.Client{}).Do(req)
	if err != nil {
		cancel()
		return nil, err
	}
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		defer cancel()
		defer res.Body.Close()
		raw := make([]byte, 4096)
		n, _ := res.Body.Read(raw)
		return nil, fmt.Errorf("open the stream: %w", problem(res, raw[:n]))
	}
	s := &Stream{cancel: cancel, done: make(chan struct{})}
	go s.read(res, bell)
	return s, nil
}

// Cut ends the connection and waits for its reader.
func (s *Stream) Cut() {
	s.cancel()
	<-s.done
}

// Done is closed when the connection has ended.
func (s *Stream) Done() <-chan struct{} { return s.done }

// read parses the stream (WHATWG HTML, section 9.2.6), as strictly as natter
// promises to write it: each event has its fields on one line each.
func (s *Stream) read(res *http.Response, bell *Bell) {
	defer close(s.done)
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	fields := map[string]string{}
	for lines.Scan() {
		line := lines.Text()
		if line == "" {
			bell.ring(fields)
			clear(fields)
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		if name != "" {
			fields[name] += strings.TrimPrefix(value, " ")
		}
	}
	s.err = lines.Err()
}
