package service

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// opsServer serves /healthz, /readyz and /metrics until the process ends, so
// that a drain can be watched.
type opsServer struct {
	http *http.Server
	done chan struct{}
	mux  *http.ServeMux

	mu    sync.Mutex
	pages map[string]bool // see Service.Page
}

// startOps serves on l, which listens already.
func startOps(l net.Listener, h *health, metrics *prometheus.Registry, logger *slog.Logger) *opsServer {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", alive)
	mux.HandleFunc("GET /readyz", h.ready)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	o := &opsServer{done: make(chan struct{}), mux: mux, pages: map[string]bool{}, http: &http.Server{
		Handler:           mux,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       5 * time.Second,
		WriteTimeout:      15 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}}
	go func() {
		defer close(o.done)
		if err := o.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("the health server ended", "error", err)
		}
	}()
	return o
}

// page adds a page, unless the path has one.
func (o *opsServer) page(path string, h http.Handler) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.pages[path] {
		o.pages[path] = true
		o.mux.Handle("GET "+path, h)
	}
}

func (o *opsServer) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := o.http.Shutdown(ctx); err != nil {
		_ = o.http.Close()
	}
	<-o.done
}
