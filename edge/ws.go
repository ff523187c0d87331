package edge

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"github.com/natter-chat/natter/chat"
)

const (
	readBuffer     = 512               // bytes; frames may be larger
	writeSocket    = 256 << 10         // the kernel's send buffer: a reader that stopped shows soon
	handshakeTime  = 5 * time.Second   // to answer the handshake
	lookupTime     = 10 * time.Second  // for what one frame asks of the database
	maxFrameNumber = uint64(1)<<53 - 1 // a frame's id: what JavaScript counts to exactly
)

// serveWebSocket takes a socket: origin, subprotocol, place, credentials if
// the request carries some, then the handshake. Cookies never count.
func (e *Edge) serveWebSocket(w http.ResponseWriter, r *http.Request) {
	who, err := e.admitSocket(r)
	if err != nil {
		writeProblem(w, e.problem(r.Context(), err))
		return
	}
	c, err := e.hub.shakeHands(w, r)
	if err != nil {
		e.hub.conns.leave()
		return // the library has answered
	}
	if !e.hub.start(func() { c.begin(who) }) {
		c.net.Close()
		e.hub.conns.leave()
	}
}

// admitSocket checks a request for a socket and takes a place for it. who is
// nil when the first frame will authenticate.
func (e *Edge) admitSocket(r *http.Request) (who *chat.Principal, err error) {
	if _, ok := r.Header["Origin"]; ok && !e.originAllowed(r) {
		e.hub.metrics.refused.WithLabelValues("origin").Inc()
		return nil, chat.Errorf(chat.Forbidden, "Pages of this origin may not open a socket here.")
	}
	if !slices.Contains(websocket.Subprotocols(r), subprotocol) {
		return nil, chat.Errorf(chat.BadRequest, "Ask for the subprotocol %s.", subprotocol)
	}
	if e.draining.Load() {
		return nil, chat.Errorf(chat.Unavailable, "This edge restarts. Connect again.")
	}
	// The place first: a full edge must not use up a ticket that another would
	// honour.
	if err := e.hub.conns.admit(); err != nil {
		return nil, err
	}
	if who, err = e.credentials(r); err != nil {
		e.hub.conns.leave()
	}
	return who, err
}

// credentials returns whom the request's header or ticket stands for, nil if
// it has neither.
func (e *Edge) credentials(r *http.Request) (*chat.Principal, error) {
	ctx, cancel := context.WithTimeout(r.Context(), lookupTime)
	defer cancel()
	if r.Header.Get("Authorization") != "" {
		who, err := e.caller(ctx, r)
		return &who, err
	}
	if tickets := r.URL.Query()["ticket"]; len(tickets) == 1 {
		who, err := e.takeTicket(ctx, tickets[0])
		return &who, err
	}
	return nil, nil
}

// shakeHands turns the request into a connection that nobody serves yet.
func (h *hub) shakeHands(w http.ResponseWriter, r *http.Request) (*conn, error) {
	c := &conn{hub: h, born: h.clock.Load(), slot: uint8(rand.N(pingEvery)), address: h.edge.clientAddress(r)}
	c.wire = &wire{c: c, budget: wireBudget}
	c.heard.Store(c.born)
	up := websocket.Upgrader{
		HandshakeTimeout: handshakeTime,
		WriteBufferPool:  &h.pools.library, // used for nothing: without one each connection gets a buffer
		Subprotocols:     []string{subprotocol},
		CheckOrigin:      func(*http.Request) bool { return true }, // admitSocket did
		Error: func(w http.ResponseWriter, r *http.Request, _ int, reason error) {
			h.edge.badHandshake(w, r, reason)
		},
	}
	ws, err := up.Upgrade(hijacker{w, c.wire}, r, nil)
	if err != nil {
		return nil, err
	}
	c.ws, c.net, c.wire.opened = ws, c.wire.Conn, true
	if tcp, ok := c.net.(interface{ SetWriteBuffer(int) error }); ok {
		tcp.SetWriteBuffer(writeSocket)
	}
	ws.SetReadLimit(maxBody)
	ws.SetPingHandler(c.onPing)
	ws.SetPongHandler(c.onPong)
	return c, nil
}

func (e *Edge) badHandshake(w http.ResponseWriter, r *http.Request, reason error) {
	writeProblem(w, e.problem(r.Context(), &chat.Error{Code: chat.BadRequest, Detail: "This is no WebSocket handshake (RFC 6455, section 4.1).", Cause: reason}))
}

// begin welcomes who, if the request said who, and serves the connection.
func (c *conn) begin(who *chat.Principal) {
	if !c.hub.conns.add(c) {
		c.net.Close()
		c.hub.conns.leave()
		return
	}
	if who != nil {
		c.welcome(0, *who)
	}
	c.serve()
}
