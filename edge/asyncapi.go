package edge

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/natter-chat/natter/events"
)

// The AsyncAPI document (version 3.0.0) of the socket and the stream. It is
// made from the frame structs, the codes and the table of events, so that it
// cannot say something else than the code.

type (
	asyncDocument struct {
		AsyncAPI   string                    `json:"asyncapi"`
		Info       asyncInfo                 `json:"info"`
		Channels   map[string]asyncChannel   `json:"channels"`
		Operations map[string]asyncOperation `json:"operations"`
		Components asyncComponents           `json:"components"`
	}
	asyncInfo struct {
		Title       string `json:"title"`
		Version     string `json:"version"`
		Description string `json:"description"`
	}
	asyncChannel struct {
		Address     string              `json:"address"`
		Description string              `json:"description"`
		Messages    map[string]asyncRef `json:"messages"`
	}
	asyncOperation struct {
		Action   string     `json:"action"` // of natter: it receives what clients send
		Channel  asyncRef   `json:"channel"`
		Summary  string     `json:"summary"`
		Messages []asyncRef `json:"messages"`
	}
	asyncRef struct {
		Ref string `json:"$ref"`
	}
	asyncComponents struct {
		Messages map[string]asyncMessage `json:"messages"`
		Schemas  map[string]*huma.Schema `json:"schemas"`
	}
	asyncMessage struct {
		Name        string       `json:"name"`
		Summary     string       `json:"summary"`
		ContentType string       `json:"contentType"`
		Payload     *huma.Schema `json:"payload"`
	}
)

// asyncFrame is one message of the document.
type asyncFrame struct {
	name, summary string
	payload       any
}

func socketFrames() (fromClient, fromNatter []asyncFrame) {
	fromClient = []asyncFrame{
		{"auth", "Opens the connection within 5 s, and prolongs it later. Answer: welcome.", authFrame{}},
		{"subscribe", "Asks for the events of rooms. Answer: one subscribed, reset or error for each. Subscribing again starts anew from the given position.", subscribeFrame{}},
		{"unsubscribe", "Ends a subscription. Answer: unsubscribed.", unsubscribeFrame{}},
		{"post", "Posts a message. Answer: ack, when the log has it durably. Posts are logged in the order sent.", postFrame{}},
		{"edit", "Gives your message another text. Answer: ack, equal for every retry with the key.", editFrame{}},
		{"delete", "Deletes a message: yours, or any as a moderator of the room. Answer: ack.", deleteFrame{}},
		{"react", "Puts an emoji to a message, or takes it back. Answer: ack, without message where it was so already.", reactFrame{}},
		{"pin", "Pins a message to its room, or takes it down; for moderators, and both people of a direct room. Answer: ack, without message where it was so already.", pinFrame{}},
		{"read", "Says that you have read a room up to a sequence. Answer: ack without message.", readFrame{}},
		{"ping", "Asks for a sign of life. Answer: pong.", pingFrame{}},
	}
	for i := range fromClient {
		fromClient[i].summary += describeNeed(fromClient[i].name)
	}
	fromNatter = []asyncFrame{
		{"welcome", "You are authenticated until expires.", welcomeFrame{}},
		{"subscribed", "Events after position follow, contiguously.", subscribedFrame{}},
		{"event", "The next event of a room. A prev greater than what you have means that something was lost on the way: subscribe again from what you have.", eventFrame{}},
		{"marker", "Somebody has read a room up to seq. Keep the largest.", markerFrame{}},
		{"reset", "The position cannot be honoured: drop what you have of the room, read history, subscribe from there.", resetFrame{}},
		{"unsubscribed", "No more events of this room.", unsubscribedFrame{}},
		{"ack", "It is durable. Equal for every retry with the same key.", ackFrame{}},
		{"error", "The frame with this id did nothing; with code outcome_unknown it may have: send it again with the same key. After subscribed: that room's events have ended, subscribe again.", errorFrame{}},
		{"pong", "The answer to ping.", pongFrame{}},
		{"bye", "The socket closes with this code now.", byeFrame{}},
	}
	return fromClient, fromNatter
}

func streamEvents() []asyncFrame {
	return []asyncFrame{
		{"sse." + sseNotification, "event: notification. You must be told of something.", sseEventData{}},
		{"sse." + sseRead, "event: read. Some device of yours has seen notifications.", sseEventData{}},
		{"sse." + sseReset, "event: reset. Last-Event-ID cannot be honoured: read the list again.", sseResetData{}},
		{"sse." + sseBye, "event: bye. The stream ends now, for the reason that a socket would have closed with this code.", byeFrame{}},
	}
}

const (
	asyncSocket = "socket"
	asyncStream = "stream"
)

// asyncAPI returns the document.
func asyncAPI() ([]byte, error) {
	d := asyncDocument{AsyncAPI: "3.0.0", Channels: map[string]asyncChannel{}, Operations: map[string]asyncOperation{},
		Info: asyncInfo{"natter", "1", "The WebSocket (subprotocol " + subprotocol + ") and the SSE stream. Every edge serves the same. Ideas and a correct client in ten lines: docs/protocol.md."}}
	r := huma.NewMapRegistry("#/components/schemas/", asyncName)
	d.Components.Messages = map[string]asyncMessage{}
	in, out := socketFrames()
	d.channel(r, asyncSocket, "/api/ws", closeCodes(), append(append([]asyncFrame{}, in...), out...))
	d.channel(r, asyncStream, "/api/notifications/stream", "Server-Sent Events. id is a position in your notifications: reconnect with Last-Event-ID to miss nothing. A comment every 15 s keeps proxies awake.", streamEvents())
	d.operation("fromClient", "receive", asyncSocket, "What a client sends", in)
	d.operation("fromNatter", "send", asyncSocket, "What natter sends", out)
	d.operation("notifications", "send", asyncStream, "What the stream brings", streamEvents())
	describeEvents(r)
	d.Components.Schemas = r.Map()
	return json.MarshalIndent(d, "", " ")
}

func (d *asyncDocument) channel(r huma.Registry, name, address, about string, frames []asyncFrame) {
	c := asyncChannel{Address: address, Description: about, Messages: map[string]asyncRef{}}
	for _, f := range frames {
		c.Messages[f.name] = asyncRef{"#/components/messages/" + f.name}
		d.Components.Messages[f.name] = asyncMessage{Name: f.name, Summary: f.summary, ContentType: "application/json",
			Payload: r.Schema(reflect.TypeOf(f.payload), true, "")}
	}
	d.Channels[name] = c
}

func (d *asyncDocument) operation(name, action, channel, summary string, frames []asyncFrame) {
	o := asyncOperation{Action: action, Channel: asyncRef{"#/channels/" + channel}, Summary: summary}
	for _, f := range frames {
		o.Messages = append(o.Messages, asyncRef{"#/channels/" + channel + "/messages/" + f.name})
	}
	d.Operations[name] = o
}

// asyncName names a schema after its struct.
func asyncName(t reflect.Type, _ string) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	name := t.Name()
	return strings.ToUpper(name[:1]) + name[1:]
}

// describeEvents fixes op in every frame and adds the events that travel in
// them: the envelope, and each type's data.
func describeEvents(r huma.Registry) {
	for name, s := range r.Map() {
		if op := s.Properties["op"]; op != nil {
			op.Enum = []any{op.Description}
			op.Description = "Which frame this is"
		}
		if s.Properties["event"] != nil && name != "Event" {
			s.Properties["event"] = &huma.Schema{Ref: "#/components/schemas/Event", Description: s.Properties["event"].Description}
		}
	}
	r.Schema(reflect.TypeFor[events.Event](), true, "")
	event := r.Map()["Event"]
	event.Description = "An event's envelope. Ignore types and members that you do not know: there will be more."
	var data []*huma.Schema
	for _, row := range events.Table {
		if row.Stream == events.Chat || row.Stream == events.Notify {
			s := r.Schema(reflect.TypeOf(row.Payload), true, "")
			payload := r.Map()[s.Ref[strings.LastIndex(s.Ref, "/")+1:]]
			payload.Description = string(row.Type) + ": " + row.Meaning
			data = append(data, s)
		}
	}
	for _, s := range r.Map() {
		for _, p := range s.Properties {
			p.Nullable = false // natter never sends null and refuses it
		}
	}
	event.Properties["data"] = &huma.Schema{AnyOf: data, Description: "What belongs to the type"}
}

// closeCodes lists the codes with their reasons.
func closeCodes() string {
	var out strings.Builder
	out.WriteString("Text frames, one JSON object each, at most 64 KiB. Close codes:")
	for _, code := range []closeCode{closeNormal, closeGoingAway, closeProtocol, closeBinary, closeNotUTF8, closeFlood, closeTooBig,
		closeDefect, closeRestart, closeRefused, closeExpired, closeSessionEnded, closeSlow, closeUnchecked} {
		out.WriteString(" " + code.label() + " " + code.reason() + ";")
	}
	return strings.TrimSuffix(out.String(), ";") + "."
}
