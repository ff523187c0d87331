package client

import (
	"context"
	"time"
)

// run keeps one socket open until ctx ends or the session has ended.
func (l *Live) run(ctx context.Context) {
	defer close(l.stopped)
	for try := 0; ctx.Err() == nil; try++ {
		s, err := l.connect(ctx, l.edges[try%len(l.edges)])
		if err != nil {
			_ = wait(ctx, 100*time.Millisecond)
			continue
		}
		l.set(s)
		l.hold(ctx, s)
		l.set(nil)
		end := s.End()
		l.mu.Lock()
		l.ends = append(l.ends, end)
		l.mu.Unlock()
		if end.Final() {
			return
		}
		_ = wait(ctx, end.ReconnectAfter)
	}
}

// connect opens a socket, authenticates it and resumes all rooms.
func (l *Live) connect(ctx context.Context, edge string) (*Socket, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	if time.Until(l.client.Expires()) < time.Minute {
		if err := l.client.At(edge).Refresh(ctx); err != nil {
			return nil, err
		}
	}
	s, err := Dial(ctx, edge, DialOptions{Journal: l.Journal})
	if err != nil {
		return nil, err
	}
	if _, err = s.Auth(ctx, l.client.Token()); err == nil {
		err = l.resume(ctx, s)
	}
	if err != nil {
		s.Cut()
		return nil, err
	}
	return s, nil
}

// resume subscribes to every room from where the journal stands, again and
// again for those that natter cannot serve at this moment.
func (l *Live) resume(ctx context.Context, s *Socket) error {
	l.mu.Lock()
	left := map[string]string{}
	for room := range l.rooms {
		left[room] = ""
	}
	l.mu.Unlock()
	return Retry(ctx, func() error {
		for room := range left {
			left[room] = l.position(room)
		}
		if len(left) == 0 {
			return nil
		}
		answers, err := s.SubscribeAll(ctx, left)
		if err != nil {
			return &Problem{Code: "closed", Detail: err.Error()} // this socket is of no use any more
		}
		for _, f := range answers {
			if failed := f.err(); Temporary(failed) {
				err = failed
				continue
			}
			delete(left, f.Room)
		}
		return err
	})
}

// hold waits for the socket's end and prolongs it in time.
func (l *Live) hold(ctx context.Context, s *Socket) {
	for {
		timer := time.NewTimer(max(time.Until(l.client.Expires())-time.Minute, 5*time.Second))
		select {
		case <-s.Done():
			timer.Stop()
			return
		case <-ctx.Done():
			timer.Stop()
			s.Cut()
			return
		case <-timer.C:
			if l.client.Refresh(ctx) == nil {
				_, _ = s.Auth(ctx, l.client.Token())
			}
		}
	}
}

func (l *Live) set(s *Socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.socket = s
	close(l.changed)
	l.changed = make(chan struct{})
}
