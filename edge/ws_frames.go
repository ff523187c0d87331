package edge

import (
	"time"

	"github.com/go-json-experiment/json"

	"github.com/natter-chat/natter/chat"
)

// handle does one text frame. It runs on the reader's goroutine: what takes
// long holds up this client's next frames and nobody else's.
func (c *conn) handle(message []byte) {
	if f, ok := plainPost(message); ok && c.expires.Load() != 0 {
		if err := c.may("post"); err != nil {
			c.refuse(f.ID, "", err)
		} else if err := c.post(f); err != nil {
			c.refuse(f.ID, "", err)
		}
		return
	}
	if err := checkJSON(message); err != nil {
		c.refuse(0, "", err)
		return
	}
	var head struct {
		Op string `json:"op"`
		ID uint64 `json:"id"`
	}
	if err := json.Unmarshal(message, &head); err != nil {
		c.refuse(0, "", badJSON(err))
		return
	}
	if head.ID > maxFrameNumber {
		c.refuse(0, "", chat.Errorf(chat.BadRequest, "A frame's id is a number from 1 to 2^53-1."))
		return
	}
	if c.expires.Load() == 0 && head.Op != "auth" {
		c.refuse(head.ID, "", chat.Errorf(chat.Unauthenticated, "Send auth first."))
		return
	}
	err := c.may(head.Op)
	if err == nil {
		err = c.do(head.Op, message)
	}
	if err != nil {
		c.refuse(head.ID, "", err)
	}
}

// may reports whether whoever is connected may send such a frame.
func (c *conn) may(op string) error {
	scope, err := frameNeeds(op)
	if err == nil && !c.who.May(scope) {
		c.hub.edge.metrics.forbidden.Inc()
		return needs(c.who, scope)
	}
	return err
}

// do reads the frame as what its op says and does it. An error means that it
// could not be understood.
func (c *conn) do(op string, message []byte) error {
	switch op {
	case "auth":
		return with(message, c.auth)
	case "subscribe":
		return with(message, c.subscribe)
	case "unsubscribe":
		return with(message, c.unsubscribe)
	case "post":
		return with(message, c.post)
	case "edit":
		return with(message, c.edit)
	case "delete":
		return with(message, c.remove)
	case "react":
		return with(message, c.react)
	case "pin":
		return with(message, c.pin)
	case "read":
		return with(message, c.read)
	case "ping":
		return with(message, c.pong)
	default:
		return chat.Errorf(chat.BadRequest, "The op is unknown.")
	}
}

// with decodes the frame strictly.
func with[F any](message []byte, do func(F) error) error {
	var f F
	if err := json.Unmarshal(message, &f, json.RejectUnknownMembers(true)); err != nil {
		return badJSON(err)
	}
	return do(f)
}

// refuse answers a frame that did nothing. Too many that could not be
// understood end the connection.
func (c *conn) refuse(id uint64, room string, err error) {
	p := c.hub.edge.problem(c.hub.base, err)
	c.send(encodeFrame(p.frame(id, room)))
	if p.Code == chat.BadRequest {
		c.nonsense()
	}
}

// nonsense counts a frame that no correct client sends.
func (c *conn) nonsense() {
	c.hub.metrics.badFrames.Inc()
	c.mu.Lock()
	ok := c.bad.take(c.hub.clock.Load(), maxBadFrames)
	c.mu.Unlock()
	if !ok {
		c.shut(closeFlood, floodPause)
	}
}

func (c *conn) pong(f pingFrame) error {
	c.send(encodeFrame(pongFrame{Op: "pong", ID: f.ID, Time: c.hub.edge.Now().UTC().Truncate(time.Millisecond)}))
	return nil
}
