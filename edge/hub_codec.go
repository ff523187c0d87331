package edge

import (
	"bytes"
	"strconv"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// codec turns a topic's events into what its connections read. There are two:
// rooms over WebSocket, notifications over SSE.
type codec interface {
	// event returns the whole frame and the event's bytes within it.
	event(ev events.Event, seq, prev uint64, body []byte) (frame, event []byte)
	// The others may return nil: nothing is sent.
	subscribed(id uint64, at chat.Position) []byte
	reset(id uint64, at chat.Position, reason resetReason) []byte
	unsubscribed(reason string) []byte
}

// roomCodec writes natter.v1.json frames of one room.
type roomCodec struct{ room string }

func (c roomCodec) event(_ events.Event, seq, prev uint64, body []byte) (frame, event []byte) {
	return encodeEvent(c.room, seq, prev, body)
}

func (c roomCodec) subscribed(id uint64, at chat.Position) []byte {
	return encodeFrame(subscribedFrame{Op: "subscribed", ID: id, Room: c.room, Position: at.String()})
}

func (c roomCodec) reset(id uint64, at chat.Position, reason resetReason) []byte {
	return encodeFrame(resetFrame{Op: "reset", ID: id, Room: c.room, Position: at.String(), Reason: reason})
}

func (c roomCodec) unsubscribed(reason string) []byte {
	return encodeFrame(unsubscribedFrame{Op: "unsubscribed", Room: c.room, Reason: reason})
}

// notifyCodec writes SSE events of one person's notifications.
type notifyCodec struct{ incarnation string }

func (c notifyCodec) event(ev events.Event, seq, _ uint64, body []byte) (frame, event []byte) {
	name := sseNotification
	switch ev.Type {
	case events.Notified:
	case events.NotificationRead:
		name = sseRead
	case events.LevelSet:
		name = sseLevel
	default:
		return nil, nil // not known to this version: it still counts as seen
	}
	out := c.head(name, seq, len(body)+30)
	out = append(out, `{"seq":`...)
	out = strconv.AppendUint(out, seq, 10)
	out = append(out, `,"event":`...)
	start := len(out)
	out = append(out, body...)
	end := len(out)
	return append(out, "}\n\n"...), out[start:end:end]
}

// head writes id and event, and begins data. The id is a position and the name
// a constant: nothing that a person wrote stands there.
func (c notifyCodec) head(name string, seq uint64, more int) []byte {
	out := make([]byte, 0, 64+len(name)+more)
	out = append(out, "id: "...)
	out = append(out, chat.Position{Incarnation: c.incarnation, Seq: seq}.String()...)
	out = append(out, "\nevent: "...)
	out = append(out, name...)
	return append(out, "\ndata: "...)
}

func (c notifyCodec) subscribed(uint64, chat.Position) []byte { return nil }

func (c notifyCodec) reset(_ uint64, at chat.Position, reason resetReason) []byte {
	out := c.head(sseReset, at.Seq, 120)
	out = append(out, `{"position":"`...)
	out = append(out, at.String()...)
	out = append(out, `","reason":"`...)
	out = append(out, reason...)
	return append(out, "\"}\n\n"...)
}

func (c notifyCodec) unsubscribed(string) []byte { return nil }

// readable decodes an entry for pushing. ok is false for what no reader could
// use: it is skipped, and the next event's prev closes over it, as in history,
// where it is a dead letter.
func readable(e events.Entry) (ev events.Event, body []byte, ok bool) {
	ev, err := e.Event()
	if err != nil {
		return ev, nil, false
	}
	return ev, oneLine(e.Body), true
}

// oneLine returns the body without line breaks. In JSON a bare line break
// can only stand between tokens, where a space means the same; in an SSE data
// line or a WebSocket text it would break the framing (a bare CR ends an SSE
// line, WHATWG HTML section 9.2.5).
func oneLine(body []byte) []byte {
	if bytes.IndexByte(body, '\r') >= 0 || bytes.IndexByte(body, '\n') >= 0 {
		body = bytes.ReplaceAll(bytes.ReplaceAll(body, []byte("\r"), []byte(" ")), []byte("\n"), []byte(" "))
	}
	return body
}
