package client

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/natter-chat/natter/chat"
)

// Live is a correct client: it keeps one socket open, moves to the next edge
// when one ends, resumes every room from where it stood, renews its token and
// repeats what was not acknowledged with the same key.
type Live struct {
	Journal *Journal
	client  *Client
	edges   []string
	cancel  context.CancelFunc
	stopped chan struct{}

	mu      sync.Mutex
	rooms   map[string]string // room → position at first, or ""
	socket  *Socket           // nil while not connected
	ends    []End
	changed chan struct{}
}

// GoLive starts a correct client that prefers the first of the edges. Close
// ends it.
func GoLive(ctx context.Context, c *Client, edges ...string) *Live {
	ctx, cancel := context.WithCancel(ctx)
	l := &Live{Journal: NewJournal(), client: c, edges: edges, cancel: cancel, stopped: make(chan struct{}),
		rooms: map[string]string{}, changed: make(chan struct{})}
	go l.run(ctx)
	return l
}

// Close ends the client and waits until nothing of it runs.
func (l *Live) Close() {
	l.cancel()
	<-l.stopped
}

// Ends lists how the sockets so far ended.
func (l *Live) Ends() []End {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]End(nil), l.ends...)
}

// Cut breaks the present connection, if there is one, as a lost network does.
func (l *Live) Cut() {
	l.mu.Lock()
	s := l.socket
	l.mu.Unlock()
	if s != nil {
		s.Cut()
	}
}

// Socket waits for a connection on which all rooms are subscribed.
func (l *Live) Socket(ctx context.Context) (*Socket, error) {
	for {
		l.mu.Lock()
		s, changed := l.socket, l.changed
		l.mu.Unlock()
		if s != nil {
			return s, nil
		}
		select {
		case <-changed:
		case <-l.stopped:
			return nil, ErrClosed
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Follow subscribes to a room, now and after every reconnect.
func (l *Live) Follow(ctx context.Context, room, after string) error {
	l.mu.Lock()
	l.rooms[room] = after
	l.mu.Unlock()
	return Retry(ctx, func() error {
		s, err := l.Socket(ctx)
		if err != nil {
			return err
		}
		if l.Journal.open(room) { // a reconnect did it
			return nil
		}
		_, err = s.Subscribe(ctx, room, l.position(room))
		return err
	})
}

// Unfollow ends a room's subscription.
func (l *Live) Unfollow(ctx context.Context, room string) error {
	l.mu.Lock()
	delete(l.rooms, room)
	l.mu.Unlock()
	s, err := l.Socket(ctx)
	if err != nil {
		return err
	}
	return s.Unsubscribe(ctx, room)
}

// Post posts until it is acknowledged or refused for good, always with the
// same key.
func (l *Live) Post(ctx context.Context, room, key, text string) (ack Ack, err error) {
	err = Retry(ctx, func() error {
		s, err := l.Socket(ctx)
		if err != nil {
			return err
		}
		once, cancel := context.WithTimeout(ctx, 15*time.Second)
		defer cancel()
		ack, err = s.Post(once, room, key, text)
		return err
	})
	return ack, err
}

// Retry calls try until it succeeds, fails for good, or ctx ends; it pauses 50
// to 500 ms between tries, longer each time.
func Retry(ctx context.Context, try func() error) error {
	pause := 50 * time.Millisecond
	for {
		err := try()
		if err == nil || !Temporary(err) {
			return err
		}
		if waited := wait(ctx, pause/2+rand.N(pause)); waited != nil {
			return errors.Join(waited, err)
		}
		pause = min(2*pause, 500*time.Millisecond)
	}
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// position is where the next subscription of a room starts.
func (l *Live) position(room string) string {
	if p := l.Journal.Room(room).Position; p != (chat.Position{}) {
		return p.String()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.rooms[room]
}
