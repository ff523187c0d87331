package edge

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
)

const (
	heartbeat    = 15 * time.Second
	sseWriteTime = 10 * time.Second // for one write
	sseRetry     = 3 * time.Second  // what EventSource waits before it reconnects
	sseQueue     = 256 << 10        // bytes
)

// stream is one SSE connection. Its handler's goroutine writes; everybody else
// only queues.
type stream struct {
	hub *hub
	who chat.Principal
	sub *subscription

	wake chan struct{} // capacity 1: something was queued, or it ends

	mu      sync.Mutex
	queue   [][]byte
	queued  int
	closing closeCode // 0: open
	after   time.Duration
	drained chan struct{}
}

// serveNotifications streams a person's notifications. Authentication is a
// header or a ticket: EventSource can send no header.
func (e *Edge) serveNotifications(w http.ResponseWriter, r *http.Request) {
	s, after, err := e.admitStream(r)
	if err != nil {
		writeProblem(w, e.problem(r.Context(), err))
		return
	}
	defer e.hub.conns.leave()
	if !e.hub.conns.enter(s.who.User.ID) {
		writeProblem(w, e.problem(r.Context(), &chat.Error{Code: chat.RateLimited, RetryAfter: crowdedPause,
			Detail: "You have as many connections open as one person may: close one."}))
		return
	}
	defer e.hub.conns.exit(s.who.User.ID)
	if !e.hub.conns.addStream(s) {
		writeProblem(w, e.problem(r.Context(), chat.Errorf(chat.Unavailable, "This edge restarts. Connect again.")))
		return
	}
	defer e.hub.conns.removeStream(s)
	e.sessions.add(s.who.Session, s)
	defer e.sessions.remove(s.who.Session, s)
	// Registered first, checked second: see sessions.
	if err := e.sessions.check(r.Context(), s.who.Session); err != nil {
		writeProblem(w, e.problem(r.Context(), err))
		return
	}
	s.serve(w, r, after)
}

// admitStream checks the request and takes a place for it.
func (e *Edge) admitStream(r *http.Request) (s *stream, after *chat.Position, err error) {
	if _, ok := r.Header["Origin"]; ok && !e.originAllowed(r) {
		return nil, nil, chat.Errorf(chat.Forbidden, "Pages of this origin may not open a stream here.")
	}
	if after, err = lastEventID(r); err != nil {
		return nil, nil, err
	}
	if e.draining.Load() {
		return nil, nil, chat.Errorf(chat.Unavailable, "This edge restarts. Connect again.")
	}
	// The place first: a full edge must not use up a ticket that another would
	// honour.
	if err := e.hub.conns.admit(); err != nil {
		return nil, nil, err
	}
	who, err := e.credentials(r)
	if err == nil && who == nil {
		err = chat.Errorf(chat.Unauthenticated, "Send an access token, or ?ticket=.")
	}
	if err == nil {
		err = needs(*who, chat.ScopeRead)
	}
	if err != nil {
		e.hub.conns.leave()
		return nil, nil, err
	}
	return &stream{hub: e.hub, who: *who, wake: make(chan struct{}, 1)}, after, nil
}

// lastEventID returns where the client wants to go on: the header that
// EventSource sends, or the parameter for a first connection.
func lastEventID(r *http.Request) (*chat.Position, error) {
	id := r.Header.Get("Last-Event-ID")
	if id == "" {
		id = r.URL.Query().Get("last_event_id")
	}
	if id == "" {
		return nil, nil
	}
	p, err := parsePosition("last_event_id", clip(id, 64))
	if err != nil {
		return nil, err
	}
	return &p, nil
}

// serve attaches the stream and writes until it ends.
func (s *stream) serve(w http.ResponseWriter, r *http.Request, after *chat.Position) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	topic, err := s.hub.acquire(ctx, s.hub.people, s.who.User.ID)
	if err != nil {
		writeProblem(w, s.hub.edge.problem(ctx, err))
		return
	}
	s.sub = &subscription{topic: topic, to: s, user: s.who.User.ID}
	s.hub.metrics.subscribed.Inc()
	attached := make(chan struct{})
	go func() {
		defer close(attached)
		defer s.hub.contain(s)
		if err := topic.attach(ctx, s.sub, after); err != nil && ctx.Err() == nil {
			s.shut(closeUnchecked, sseRetry)
		}
	}()
	s.write(w, ctx)
	cancel()
	s.abandon()
	<-attached
	topic.detach(s.sub)
	s.hub.metrics.subscribed.Dec()
	s.hub.metrics.closes.WithLabelValues(s.code().label()).Inc()
}

// write sends the head, then whatever is queued, with a comment every
// heartbeat, until the end.
func (s *stream) write(w http.ResponseWriter, ctx context.Context) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold events back
	w.WriteHeader(http.StatusOK)
	out := &sseWriter{w: w, control: http.NewResponseController(w), metrics: s.hub.metrics}
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var expiry <-chan time.Time // never, for a token without an end
	if !s.who.Expires.IsZero() {
		timer := time.NewTimer(s.who.Expires.Sub(s.hub.edge.Now()))
		defer timer.Stop()
		expiry = timer.C
	}
	err := out.put(retry(sseRetry), []byte(": welcome\n\n"))
	for err == nil {
		frames, end := s.take()
		if err = out.put(s.fill(ctx, frames)...); err != nil || end {
			return
		}
		s.written()
		select {
		case <-s.wake:
		case <-beat.C:
			err = out.put([]byte(": \n\n"))
		case <-expiry:
			s.shut(closeExpired, 0)
		case <-ctx.Done():
			return
		}
	}
}

// code returns the code with which the stream ended.
func (s *stream) code() closeCode {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing == 0 {
		return closeBroken
	}
	return s.closing
}

// space lets a replay fill half of the queue.
func (s *stream) space() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queued == 0 {
		return sseQueue // or one large event would never fit
	}
	return sseQueue/2 - s.queued
}
