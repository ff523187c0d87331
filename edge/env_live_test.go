package edge

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"go.uber.org/goleak"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

// leaks fails the test when it leaves a goroutine behind. Register it first.
func leaks(t *testing.T) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { // the database server belongs to all tests
		goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("github.com/natter-chat/natter/internal/local.(*Postgres).startChild.func1"))
	})
}

// patience bounds every wait of these tests.
const patience = testenv.Patience

// heard is any frame from natter.
type heard struct {
	Op         string          `json:"op"`
	ID         uint64          `json:"id"`
	Room       string          `json:"room"`
	Position   string          `json:"position"`
	Reason     string          `json:"reason"`
	Why        string          `json:"why"`
	Seq        uint64          `json:"seq"`
	Prev       uint64          `json:"prev"`
	Event      json.RawMessage `json:"event"`
	User       json.RawMessage `json:"user"`
	Code       json.RawMessage `json:"code"`
	Message    string          `json:"message"`
	Durability string          `json:"durability"`
	Reconnect  int64           `json:"reconnect_after_ms"`
	Retry      int64           `json:"retry_after_ms"`
}

// text returns what a posted message says, "" for other events.
func (h heard) text(t testing.TB) string {
	t.Helper()
	ev, err := events.Decode(h.Event)
	if err != nil {
		t.Fatalf("%v: %s", err, h.Event)
	}
	if ev.Type != events.MessagePosted {
		return ""
	}
	data, err := events.DataOf[events.MessagePostedData](ev)
	if err != nil {
		t.Fatal(err)
	}
	return data.Text
}

// socket is a client's WebSocket.
type socket struct {
	t  testing.TB
	ws *websocket.Conn
	id uint64
}

// dials opens a socket; headers are pairs.
func (n *node) dials(t testing.TB, headers ...string) *socket {
	t.Helper()
	ws, resp, err := n.tryDial("", headers...)
	if err != nil {
		t.Fatalf("%v: %v", err, resp)
	}
	t.Cleanup(func() { ws.Close() })
	return &socket{t: t, ws: ws}
}

func (n *node) tryDial(query string, headers ...string) (*websocket.Conn, *http.Response, error) {
	d := websocket.Dialer{Subprotocols: []string{subprotocol}, HandshakeTimeout: patience}
	h := http.Header{}
	for i := 0; i+1 < len(headers); i += 2 {
		h.Add(headers[i], headers[i+1])
	}
	return d.Dial("ws"+strings.TrimPrefix(n.url, "http")+"/api/ws"+query, h)
}

// connects opens a socket and authenticates it.
func (p *person) connects(n *node) *socket {
	p.t.Helper()
	s := n.dials(p.t)
	s.sends(authFrame{Op: "auth", ID: 1, Token: p.token})
	s.hears("welcome")
	return s
}

// connectsWith is connects with a small receive buffer: a reader that stops is
// noticed soon.
func (p *person) connectsWith(n *node, receive int) *socket {
	p.t.Helper()
	d := websocket.Dialer{Subprotocols: []string{subprotocol}, NetDial: func(network, addr string) (net.Conn, error) {
		c, err := net.Dial(network, addr)
		if err == nil {
			err = c.(*net.TCPConn).SetReadBuffer(receive)
		}
		return c, err
	}}
	ws, _, err := d.Dial("ws"+n.url[4:]+"/api/ws", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { ws.Close() })
	s := &socket{t: p.t, ws: ws}
	s.sends(authFrame{Op: "auth", ID: 1, Token: p.token})
	s.hears("welcome")
	return s
}

func (s *socket) sends(frame any) {
	s.t.Helper()
	raw, ok := frame.([]byte)
	if !ok {
		raw, _ = json.Marshal(frame)
	}
	if err := s.ws.WriteMessage(websocket.TextMessage, raw); err != nil {
		s.t.Fatalf("send: %v", err)
	}
}

// next reads one frame.
func (s *socket) next() heard {
	s.t.Helper()
	h, err := s.read()
	if err != nil {
		s.t.Fatalf("read: %v", err)
	}
	return h
}

func (s *socket) read() (h heard, err error) {
	s.ws.SetReadDeadline(time.Now().Add(patience))
	_, raw, err := s.ws.ReadMessage()
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(raw, &h); err != nil {
		return h, fmt.Errorf("%w: %s", err, raw)
	}
	return h, nil
}

// hears reads frames until one has this op. Others before it are an error,
// except markers and events, which may come at any time.
func (s *socket) hears(op string) heard {
	s.t.Helper()
	for {
		h := s.next()
		if h.Op == op {
			return h
		}
		if h.Op != "marker" && h.Op != "event" {
			s.t.Fatalf("heard %+v, want %s", h, op)
		}
	}
}

// follows subscribes to one room and returns the answer.
func (s *socket) follows(room, after string) heard {
	s.t.Helper()
	s.id++
	s.sends(subscribeFrame{Op: "subscribe", ID: s.id, Rooms: []roomFrom{{room, after}}})
	for {
		h := s.next()
		switch {
		case h.Op == "event" || h.Op == "marker":
		case h.ID == s.id && h.Room == room:
			return h
		default:
			s.t.Fatalf("heard %+v, want the answer to subscribe", h)
		}
	}
}

// hearsTexts reads events until it has n texts, and checks that they are
// contiguous from position on.
func (s *socket) hearsTexts(n int, had uint64) (texts []string, last uint64) {
	s.t.Helper()
	first := true
	for len(texts) < n {
		h := s.next()
		if h.Op == "marker" {
			continue
		}
		if h.Op != "event" {
			s.t.Fatalf("heard %+v after %d texts, want an event", h, len(texts))
		}
		if h.Prev > had || h.Seq <= had || (!first && h.Prev != had) {
			s.t.Fatalf("seq %d with prev %d after %d", h.Seq, h.Prev, had)
		}
		had, first = h.Seq, false
		if text := h.text(s.t); text != "" {
			texts = append(texts, text)
		}
	}
	return texts, had
}

// ends reads until the socket is closed and returns the close code and the bye
// before it, if there was one.
func (s *socket) ends() (code int, bye heard) {
	s.t.Helper()
	for {
		h, err := s.read()
		var closed *websocket.CloseError
		switch {
		case errors.As(err, &closed):
			return closed.Code, bye
		case err != nil:
			s.t.Fatalf("the socket ended without a close frame: %v", err)
		case h.Op == "bye":
			bye = h
		}
	}
}

// code reads an error frame's code.
func (h heard) code() string { return strings.Trim(string(h.Code), `"`) }

// seqOf returns a position's sequence.
func seqOf(t testing.TB, position string) uint64 {
	t.Helper()
	p, err := chat.ParsePosition(position)
	if err != nil {
		t.Fatal(err)
	}
	return p.Seq
}

// start is the position before everything.
func (w *world) start() string {
	return chat.Position{Incarnation: w.log.Incarnation(events.Chat)}.String()
}

// publishes puts messages of p into the room, in order, past any edge.
func (w *world) publishes(p *person, room string, texts ...string) (last uint64) {
	w.t.Helper()
	type ack struct {
		seq uint64
		err error
	}
	acks := make(chan ack, len(texts))
	for _, text := range texts {
		key := chat.NewID()
		ev := events.New(events.MessagePosted, chat.MessageID(p.id, room, key), room, events.Person{ID: p.id, Name: p.name}, time.Now(),
			events.MessagePostedData{Key: key, Text: text})
		w.log.PublishAsync(ev, func(seq uint64, _ bool, err error) { acks <- ack{seq, err} })
	}
	for range texts {
		a := <-acks
		if a.err != nil {
			w.t.Fatal(a.err)
		}
		last = max(last, a.seq)
	}
	return last
}

// numbered returns n texts.
func numbered(prefix string, n int) []string {
	texts := make([]string, n)
	for i := range texts {
		texts[i] = fmt.Sprintf("%s %d", prefix, i)
	}
	return texts
}

// valueOf reads a counter or gauge.
func valueOf(t testing.TB, c prometheus.Metric) float64 {
	t.Helper()
	var m dto.Metric
	if err := c.Write(&m); err != nil {
		t.Fatal(err)
	}
	return m.GetCounter().GetValue() + m.GetGauge().GetValue()
}

// bare opens a TCP connection on which a test writes bytes that no library
// would, and shakes hands.
func (n *node) bare(t testing.TB, headers ...string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(n.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}
