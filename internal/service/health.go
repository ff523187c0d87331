package service

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// checkWithin bounds one round of readiness checks.
const checkWithin = 2 * time.Second

const fine = "ok" // of a check that holds

var (
	errStarting = errors.New("starting")
	errDraining = errors.New("draining")
)

// health answers whether a process lives and whether it can serve.
type health struct {
	mu     sync.Mutex
	phase  error // why the process is not ready whatever its checks say, or nil
	names  []string
	checks map[string]func(context.Context) error
}

func newHealth() *health {
	return &health{phase: errStarting, checks: map[string]func(context.Context) error{}}
}

func (h *health) add(name string, check func(context.Context) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.names = append(h.names, name)
	h.checks[name] = check
}

// enter moves from starting to started (nil) or to draining, never back.
func (h *health) enter(phase error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.phase != errDraining {
		h.phase = phase
	}
}

// state is what /readyz answers.
type state struct {
	Ready  bool              `json:"ready"`
	Phase  string            `json:"phase"`  // "starting", "running" or "draining"
	Checks map[string]string `json:"checks"` // by name: "ok" or what is wrong
}

// look runs all checks at once and waits for them, at most checkWithin: one
// that hangs is not ready.
func (h *health) look(ctx context.Context) state {
	ctx, cancel := context.WithTimeout(ctx, checkWithin)
	defer cancel()
	type answer struct {
		name string
		err  error
	}
	h.mu.Lock()
	phase, names := h.phase, h.names
	answers := make(chan answer, len(names))
	for _, name := range names {
		go func(check func(context.Context) error) { answers <- answer{name, check(ctx)} }(h.checks[name])
	}
	h.mu.Unlock()
	s := state{Ready: phase == nil, Phase: "running", Checks: map[string]string{}}
	if phase != nil {
		s.Phase = phase.Error()
	}
	for _, name := range names {
		s.Checks[name] = "did not answer in time"
	}
	for range names {
		select {
		case a := <-answers:
			s.Checks[a.name] = fine
			if a.err != nil {
				s.Checks[a.name], s.Ready = a.err.Error(), false
			}
		case <-ctx.Done():
			s.Ready = false
			return s
		}
	}
	return s
}

// wrong is what the checks say, whatever the phase.
func (s state) wrong() error {
	for name, answer := range s.Checks {
		if answer != fine {
			return fmt.Errorf("%s: %s", name, answer)
		}
	}
	return nil
}

func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	s := h.look(r.Context())
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !s.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(s) // the asker went away
}

func alive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("alive\n")) // the asker went away
}
