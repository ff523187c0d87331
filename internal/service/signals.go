package service

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// signals turns the first SIGTERM or SIGINT into the end of a context, and
// reports the second.
type signals struct {
	in    chan os.Signal
	quit  chan struct{}
	done  chan struct{}
	again chan struct{} // closed by the second signal
}

func watchSignals(end context.CancelCauseFunc) *signals {
	s := &signals{make(chan os.Signal, 2), make(chan struct{}), make(chan struct{}), make(chan struct{})}
	signal.Notify(s.in, syscall.SIGTERM, syscall.SIGINT)
	go s.watch(end)
	return s
}

func (s *signals) watch(end context.CancelCauseFunc) {
	defer close(s.done)
	for _, act := range []func(){func() { end(errStopped) }, func() { close(s.again) }} {
		select {
		case <-s.in:
			act()
		case <-s.quit:
			return
		}
	}
}

func (s *signals) stop() {
	signal.Stop(s.in)
	close(s.quit)
	<-s.done
}
