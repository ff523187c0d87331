package service

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// sameSignal is how long after the first signal others count as the same one:
// supervisors such as timeout signal a process and then its group.
const sameSignal = time.Second

// signals turns the first SIGTERM or SIGINT into the end of a context, and
// reports a second one.
type signals struct {
	in    chan os.Signal
	quit  chan struct{}
	done  chan struct{}
	again chan struct{} // closed by a second signal
}

func watchSignals(end context.CancelCauseFunc) *signals {
	s := &signals{make(chan os.Signal, 2), make(chan struct{}), make(chan struct{}), make(chan struct{})}
	signal.Notify(s.in, syscall.SIGTERM, syscall.SIGINT)
	go s.watch(end)
	return s
}

func (s *signals) watch(end context.CancelCauseFunc) {
	defer close(s.done)
	var first time.Time
	for {
		select {
		case <-s.in:
		case <-s.quit:
			return
		}
		switch {
		case first.IsZero():
			first = time.Now()
			end(errStopped)
		case time.Since(first) > sameSignal:
			close(s.again)
			return
		}
	}
}

func (s *signals) stop() {
	signal.Stop(s.in)
	close(s.quit)
	<-s.done
}
