package scenario

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// helper is another process of the tool with sockets of its own.
type helper struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	done chan error

	mu   sync.Mutex
	last sat
}

// lend starts a helper for some of the crowd's people, from the first one on.
func (c *crowd) lend(first, n int, run string) (*helper, error) {
	s := sitting{Run: run, Edges: c.t.Edges, Secret: c.t.Cluster.Secret()}
	per := len(c.people) / len(c.rooms)
	for i := first; i < first+n; i++ {
		stand, err := c.people[i].Stand()
		if err != nil {
			return nil, err
		}
		s.People, s.Rooms = append(s.People, stand), append(s.Rooms, c.rooms[i/per])
	}
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	h := &helper{cmd: exec.Command(path, SitCommand), done: make(chan error, 1)}
	h.cmd.Stderr = os.Stderr
	if h.in, err = h.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := h.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := h.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { h.done <- h.listen(out) }()
	if err := json.NewEncoder(h.in).Encode(s); err != nil {
		return nil, errors.Join(err, h.end())
	}
	return h, nil
}

// listen hears the helper out and waits for its end.
func (h *helper) listen(out io.Reader) error {
	for lines := json.NewDecoder(out); ; {
		var s sat
		if lines.Decode(&s) != nil {
			break
		}
		h.mu.Lock()
		h.last = s
		h.mu.Unlock()
	}
	return h.cmd.Wait()
}

// heard is what the helper said last.
func (h *helper) heard() sat { h.mu.Lock(); defer h.mu.Unlock(); return h.last }

// end ends the helper and waits for it. It may be repeated.
func (h *helper) end() error {
	_ = h.in.Close() // the second time it is closed
	select {
	case err := <-h.done:
		h.done <- err
		return err
	case <-time.After(stopWithin):
		_ = h.cmd.Process.Kill()
		err := <-h.done
		h.done <- err
		return err
	}
}

// sockets is a crowd's connections, in this process and in helpers.
type sockets struct {
	*crowd
	here    int // connections of this process
	helpers []*helper
}

// live counts the live ones of the helpers.
func (s *sockets) live() (n int) {
	for _, h := range s.helpers {
		n += h.heard().Live
	}
	return n
}

// lendAll starts as many helpers as the people beyond here need.
func (s *sockets) lendAll(run string) error {
	for first := s.here; first < len(s.people); first += s.here {
		h, err := s.lend(first, min(s.here, len(s.people)-first), run)
		if err != nil {
			return err
		}
		s.helpers = append(s.helpers, h)
	}
	return nil
}

// end ends all helpers and adds what they saw to r, if there is one.
func (s *sockets) end(r *Result) (err error) {
	for _, h := range s.helpers {
		err = errors.Join(err, h.end())
		if r == nil {
			continue
		}
		r.Lost += h.heard().Lost
		for kind, times := range h.heard().Errors {
			r.Errors[kind] += times
		}
	}
	return err
}
