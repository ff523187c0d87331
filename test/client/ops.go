package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"github.com/natter-chat/natter/chat"
)

// ErrClosed is returned to who waits for an answer when the socket ends.
var ErrClosed = errors.New("the socket has ended")

// Pending is a frame that was sent and whose answers are awaited.
type Pending struct {
	s       *Socket
	answers chan Frame
	want    int
}

// Send writes a frame and expects so many answers to it; its "id" is set.
// Answers that came are kept even if nobody waits for them.
func (s *Socket) Send(frame map[string]any, answers int) (*Pending, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	p := &Pending{s, make(chan Frame, answers), answers}
	s.mu.Lock()
	s.last++
	frame["id"] = s.last
	s.calls[s.last] = p.answers
	s.mu.Unlock()
	raw, err := json.Marshal(frame)
	if err != nil {
		return nil, fmt.Errorf("encode the frame: %w", err)
	}
	return p, s.write(websocket.TextMessage, raw)
}

// SendRaw writes one message that may be anything.
func (s *Socket) SendRaw(kind int, raw []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.write(kind, raw)
}

func (s *Socket) write(kind int, raw []byte) error {
	_ = s.conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
	if err := s.conn.WriteMessage(kind, raw); err != nil {
		return fmt.Errorf("%w: %v", ErrClosed, err)
	}
	return nil
}

// Next waits for the next answer. An error frame comes back as *Problem.
func (p *Pending) Next(ctx context.Context) (Frame, error) {
	select {
	case f := <-p.answers:
		return f, f.err()
	default:
	}
	select {
	case f := <-p.answers:
		return f, f.err()
	case <-p.s.done:
		return Frame{}, fmt.Errorf("%w: %v", ErrClosed, p.s.End().Err)
	case <-ctx.Done():
		return Frame{}, fmt.Errorf("no answer: %w", ctx.Err())
	}
}

// ask sends a frame and waits for its one answer, which must be of kind op.
func (s *Socket) ask(ctx context.Context, op string, frame map[string]any) (Frame, error) {
	p, err := s.Send(frame, 1)
	if err != nil {
		return Frame{}, err
	}
	f, err := p.Next(ctx)
	if err == nil && f.Op != op {
		err = fmt.Errorf("%v was answered by %q instead of %q", frame["op"], f.Op, op)
	}
	return f, err
}

// Auth authenticates the socket, or prolongs it with a newer token.
func (s *Socket) Auth(ctx context.Context, token string) (Frame, error) {
	return s.ask(ctx, "welcome", map[string]any{"op": "auth", "token": token})
}

// Subscribe asks for a room's events after a position; "" is from now on.
// The answer's op is "subscribed" or "reset".
func (s *Socket) Subscribe(ctx context.Context, room, after string) (Frame, error) {
	answers, err := s.SubscribeAll(ctx, map[string]string{room: after})
	if err != nil {
		return Frame{}, err
	}
	return answers[0], answers[0].err()
}

// SubscribeAll asks for several rooms in one frame, room → position, and
// returns an answer for each: "subscribed", "reset" or "error".
func (s *Socket) SubscribeAll(ctx context.Context, rooms map[string]string) ([]Frame, error) {
	var list []map[string]string
	for room, after := range rooms {
		entry := map[string]string{"room": room}
		p, _ := chat.ParsePosition(after)
		s.Journal.resume(room, p)
		if after != "" {
			entry["after"] = after
		}
		list = append(list, entry)
	}
	p, err := s.Send(map[string]any{"op": "subscribe", "rooms": list}, len(list))
	if err != nil {
		return nil, err
	}
	answers := make([]Frame, 0, len(list))
	for range list {
		f, err := p.Next(ctx)
		if err != nil && CodeOf(err) == "" {
			return nil, err
		}
		answers = append(answers, f)
	}
	return answers, nil
}

// Unsubscribe ends a room's events.
func (s *Socket) Unsubscribe(ctx context.Context, room string) error {
	_, err := s.ask(ctx, "unsubscribed", map[string]any{"op": "unsubscribe", "room": room})
	return err
}

// Post posts and waits for the ack.
func (s *Socket) Post(ctx context.Context, room, key, text string) (Ack, error) {
	f, err := s.ask(ctx, "ack", map[string]any{"op": "post", "room": room, "key": key, "text": text})
	return f.Ack(), err
}

// StartPost posts without waiting: posts are logged in the order sent.
func (s *Socket) StartPost(room, key, text string) (*Pending, error) {
	return s.Send(map[string]any{"op": "post", "room": room, "key": key, "text": text}, 1)
}

// MarkRead moves the read marker and waits for the ack.
func (s *Socket) MarkRead(ctx context.Context, room string, seq uint64) error {
	_, err := s.ask(ctx, "ack", map[string]any{"op": "read", "room": room, "seq": seq})
	return err
}

// Ping asks for a pong.
func (s *Socket) Ping(ctx context.Context) (Frame, error) {
	return s.ask(ctx, "pong", map[string]any{"op": "ping"})
}
