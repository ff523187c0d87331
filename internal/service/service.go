package service

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Service is what a role is handed.
type Service struct {
	Name    string                // of this instance, for logs and connections
	Logger  *slog.Logger          // bears role and name
	Metrics prometheus.Registerer // for the role's own metrics
	Drain   time.Duration         // from the end of the context until the role has returned
	Ops     string                // address of the health server
	health  *health
	ops     *opsServer
	prefix  string       // of its checks' names
	base    *slog.Logger // without role and name
	plain   bool         // people read the log
	started chan struct{}
	fail    context.CancelCauseFunc
}

// Ready adds a named readiness check. It is called for every question at
// /readyz, with a deadline; it must be cheap and may be called at once from
// several goroutines.
func (s *Service) Ready(name string, check func(context.Context) error) {
	s.health.add(s.prefix+name, check)
}

// Page serves GET path at the health server, for people on this machine. Of
// several parts of one process that have the same page, the first serves it.
func (s *Service) Page(path string, h http.Handler) { s.ops.page(path, h) }

// Started says, once, that the role serves. Until then /readyz answers 503.
func (s *Service) Started() {
	if s.prefix == "" {
		s.health.enter(nil)
	}
	close(s.started)
	s.Logger.Info("started") // last: who reads it may rely on the rest
}

// HasStarted is closed by Started.
func (s *Service) HasStarted() <-chan struct{} { return s.started }

// Unready asks every readiness check and returns what is wrong, or nil.
func (s *Service) Unready(ctx context.Context) error { return s.health.look(ctx).wrong() }

// Fail ends the process as a failure: the role's context ends, it drains, and
// err is why. The first one counts; nil does nothing.
func (s *Service) Fail(err error) {
	if err != nil {
		s.fail(err)
	}
}

// Part returns the service of one role among several in one process. Its logs
// and checks bear its name, its metrics the label part.
func (s *Service) Part(role, name string) *Service {
	part := *s
	part.Name = name
	part.Logger = s.base.With("role", role, "name", name)
	part.Metrics = prometheus.WrapRegistererWith(prometheus.Labels{"part": name}, s.Metrics)
	part.prefix = name + "/"
	part.started = make(chan struct{})
	return &part
}
