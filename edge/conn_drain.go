package edge

import (
	"context"
	"math/rand/v2"
	"time"
)

// Drain closes what is open with closeRestart, one after the other in random
// order over most of the time that ctx leaves, so that the other edges are not
// overrun. It returns when all have gone, or when ctx ends.
func (h *hub) Drain(ctx context.Context) {
	cs := h.conns
	span := defaultDrain
	if deadline, ok := ctx.Deadline(); ok {
		span = time.Until(deadline)
	}
	ends := cs.beginDrain()
	pause := span * 3 / 4 / time.Duration(len(ends)+1)
	timer := time.NewTimer(0)
	defer timer.Stop()
	<-timer.C
	for _, end := range ends {
		end(closeRestart, rand.N(maxReconnect))
		timer.Reset(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			return
		}
	}
	cs.gone(ctx)
}

const (
	defaultDrain = 15 * time.Second
	// maxReconnect bounds the random time that a client of a restarting
	// edge is asked to wait.
	maxReconnect = 2 * time.Second
)

// beginDrain admits nobody any more and returns how to end each one, in random
// order.
func (cs *connections) beginDrain() []func(closeCode, time.Duration) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.ending = true
	var ends []func(closeCode, time.Duration)
	for _, c := range cs.all {
		ends = append(ends, c.shut)
	}
	for s := range cs.streams {
		ends = append(ends, s.shut)
	}
	rand.Shuffle(len(ends), func(i, j int) { ends[i], ends[j] = ends[j], ends[i] })
	return ends
}

// gone waits until every place is free.
func (cs *connections) gone(ctx context.Context) {
	cs.mu.Lock()
	if cs.taken == 0 {
		cs.mu.Unlock()
		return
	}
	if cs.none == nil {
		cs.none = make(chan struct{})
	}
	none := cs.none
	cs.mu.Unlock()
	select {
	case <-none:
	case <-ctx.Done():
	}
}
