//go:build linux

package runedge

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/natter-chat/natter/internal/service"
)

// A connection that was made has its answer; only who is refused has none.
func TestClosingAServerUnderLoadLosesNoRequest(t *testing.T) {
	for range 6 {
		load := restartUnderLoad(t)
		if lost := load.lost.Load(); lost > 0 {
			t.Errorf("%d requests were lost, %d answered", lost, load.answered.Load())
		}
	}
}

// load is what clients met.
type load struct {
	answered, lost atomic.Int64
	on             chan struct{} // closed when enough were answered
}

// restartUnderLoad ends a server while clients connect as fast as they can.
func restartUnderLoad(t *testing.T) *load {
	t.Helper()
	l, err := service.Listen("-listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })}
	conns := watch(server)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	met := &load{on: make(chan struct{})}
	var clients sync.WaitGroup
	for range 16 {
		clients.Go(func() {
			for met.post(l.Addr().String()) {
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	select {
	case <-met.on:
	case <-ctx.Done():
		t.Fatal("the clients get no answers")
	}
	closeServer(ctx, server, conns, l)
	clients.Wait()
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	return met
}

// post sends one request on a connection of its own, and reports whether the
// server still takes connections.
func (met *load) post(addr string) bool {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	res, err := client.Post("http://"+addr, "text/plain", nil)
	switch {
	case err == nil:
		res.Body.Close()
		if met.answered.Add(1) == 100 {
			close(met.on)
		}
		return true
	case errors.Is(err, syscall.ECONNREFUSED):
		return false
	default:
		met.lost.Add(1)
		return false
	}
}
