package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// Subprotocol is the one that natter speaks.
const Subprotocol = "natter.v1.json"

// Socket is one WebSocket connection. Its read loop runs until the connection
// ends; Done and End tell.
type Socket struct {
	Journal *Journal
	conn    *websocket.Conn
	writing sync.Mutex
	gate    sync.Mutex // held by Pause

	mu    sync.Mutex
	last  uint64
	calls map[uint64]chan Frame
	end   End
	done  chan struct{}
}

// DialOptions say how a socket connects. The zero value will do.
type DialOptions struct {
	Journal     *Journal // nil: a new one
	Ticket      string   // authenticates in the URL
	Origin      string   // "" sends none
	ReceiveBuff int      // the kernel's receive buffer in bytes, 0 for its default
}

// Dial opens a socket to an edge. It is not authenticated: see Auth.
func Dial(ctx context.Context, edge string, o DialOptions) (*Socket, error) {
	dialer := websocket.Dialer{Subprotocols: []string{Subprotocol}, HandshakeTimeout: 10 * time.Second,
		NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			if err == nil && o.ReceiveBuff > 0 {
				err = conn.(*net.TCPConn).SetReadBuffer(o.ReceiveBuff)
			}
			return conn, err
		}}
	header := http.Header{}
	if o.Origin != "" {
		header.Set("Origin", o.Origin)
	}
	conn, res, err := dialer.DialContext(ctx, "ws"+strings.TrimPrefix(edge, "http")+"/api/ws"+params("ticket", o.Ticket), header)
	if err != nil {
		if res != nil && res.StatusCode != http.StatusSwitchingProtocols {
			return nil, fmt.Errorf("dial %s: %w", edge, &Problem{Status: res.StatusCode, Code: "handshake", Detail: err.Error()})
		}
		return nil, fmt.Errorf("dial %s: %w", edge, err)
	}
	if got := conn.Subprotocol(); got != Subprotocol {
		conn.Close()
		return nil, fmt.Errorf("dial %s: the edge chose the subprotocol %q", edge, got)
	}
	if o.Journal == nil {
		o.Journal = NewJournal()
	}
	s := &Socket{Journal: o.Journal, conn: conn, calls: map[uint64]chan Frame{}, done: make(chan struct{})}
	go s.read()
	return s, nil
}

// Done is closed when the connection has ended.
func (s *Socket) Done() <-chan struct{} { return s.done }

// End says how the connection ended; valid after Done.
func (s *Socket) End() End { s.mu.Lock(); defer s.mu.Unlock(); return s.end }

// Cut breaks the connection without a word, as a lost network does, and waits
// for the read loop.
func (s *Socket) Cut() {
	s.conn.Close()
	<-s.done
}

// Pause makes the socket stop reading until the returned function is called.
func (s *Socket) Pause() (resume func()) {
	s.gate.Lock()
	return sync.OnceFunc(s.gate.Unlock)
}

func (s *Socket) read() {
	defer close(s.done)
	defer s.Journal.disconnected()
	defer s.conn.Close()
	for {
		kind, raw, err := s.conn.ReadMessage()
		if err != nil {
			s.ended(err)
			return
		}
		s.gate.Lock() // held while reading is paused
		var f Frame
		err = json.Unmarshal(raw, &f)
		s.gate.Unlock()
		if err != nil || kind != websocket.TextMessage {
			s.Journal.write(func() { s.Journal.violated("a frame of kind %d that is no JSON object: %.200q", kind, raw) })
			continue
		}
		s.Journal.record(f)
		s.deliver(f)
	}
}

// deliver hands an answer to who waits for it.
func (s *Socket) deliver(f Frame) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.Op == "bye" {
		s.end.ByeReason = f.Reason
		s.end.ReconnectAfter = time.Duration(f.ReconnectAfter) * time.Millisecond
		_ = json.Unmarshal(f.Code, &s.end.ByeCode)
		return
	}
	if f.ID == 0 {
		return
	}
	answers, asked := s.calls[f.ID]
	if !asked {
		s.Journal.write(func() { s.Journal.violated("%s answers the frame %d, which was answered or never sent", f.Op, f.ID) })
		return
	}
	answers <- f
	if cap(answers) == len(answers) {
		delete(s.calls, f.ID)
	}
}

func (s *Socket) ended(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end.Err, s.end.Code = err, websocket.CloseAbnormalClosure
	var closed *websocket.CloseError
	if errors.As(err, &closed) {
		s.end.Code, s.end.Reason = closed.Code, closed.Text
	}
}
