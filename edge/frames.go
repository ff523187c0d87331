package edge

import (
	"encoding/json"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// The frames of natter.v1.json. asyncapi.json is generated from these structs:
// the doc tags are what a stranger reads.

// What a client sends. Each op has a struct of its own, so that a member which
// belongs to another op is refused.
type (
	authFrame struct {
		Op    string `json:"op" doc:"auth"`
		ID    uint64 `json:"id,omitzero" doc:"Repeated by the answer"`
		Token string `json:"token" doc:"The access token, or a personal one. First within 5 s of connecting, and again whenever you have a newer one"`
	}
	subscribeFrame struct {
		Op    string     `json:"op" doc:"subscribe"`
		ID    uint64     `json:"id,omitzero" doc:"Repeated by every answer"`
		Rooms []roomFrom `json:"rooms" doc:"1 to 500 rooms; each is answered by subscribed, reset or error"`
	}
	unsubscribeFrame struct {
		Op   string `json:"op" doc:"unsubscribe"`
		ID   uint64 `json:"id,omitzero" doc:"Repeated by the answer"`
		Room string `json:"room" doc:"The room's id"`
	}
	postFrame struct {
		Op   string `json:"op" doc:"post"`
		ID   uint64 `json:"id,omitzero" doc:"Repeated by the answer"`
		Room string `json:"room" doc:"The room's id"`
		Key  string `json:"key" doc:"A UUIDv7, new for every message and the same for its retries"`
		Text string `json:"text" doc:"1 to 8000 bytes"`

		Reply uint64 `json:"reply,omitzero" doc:"The seq of a message in this room that it answers"`
	}
	editFrame struct {
		Op   string `json:"op" doc:"edit"`
		ID   uint64 `json:"id,omitzero" doc:"Repeated by the answer"`
		Room string `json:"room" doc:"The room's id"`
		Seq  uint64 `json:"seq" doc:"Your message's"`
		Key  string `json:"key" doc:"A UUIDv7, new for every edit and the same for its retries"`
		Text string `json:"text" doc:"What it says from now on: 1 to 8000 bytes"`
	}
	deleteFrame struct {
		Op   string `json:"op" doc:"delete"`
		ID   uint64 `json:"id,omitzero" doc:"Repeated by the answer"`
		Room string `json:"room" doc:"The room's id"`
		Seq  uint64 `json:"seq" doc:"The message's"`
	}
	reactFrame struct {
		Op    string `json:"op" doc:"react"`
		ID    uint64 `json:"id,omitzero" doc:"Repeated by the answer"`
		Room  string `json:"room" doc:"The room's id"`
		Seq   uint64 `json:"seq" doc:"The message's"`
		Emoji string `json:"emoji" doc:"One emoji"`
		On    bool   `json:"on" doc:"false takes it back"`
	}
	pinFrame struct {
		Op   string `json:"op" doc:"pin"`
		ID   uint64 `json:"id,omitzero" doc:"Repeated by the answer"`
		Room string `json:"room" doc:"The room's id"`
		Seq  uint64 `json:"seq" doc:"The message's"`
		On   bool   `json:"on" doc:"false takes it down"`
	}
	readFrame struct {
		Op   string `json:"op" doc:"read"`
		ID   uint64 `json:"id,omitzero" doc:"Repeated by the answer"`
		Room string `json:"room" doc:"The room's id"`
		Seq  uint64 `json:"seq" doc:"You have read the room up to here"`
	}
	pingFrame struct {
		Op string `json:"op" doc:"ping"`
		ID uint64 `json:"id,omitzero" doc:"Repeated by the answer"`
	}
)

// roomFrom is a room to subscribe to and where to start.
type roomFrom struct {
	Room  string `json:"room" doc:"The room's id"`
	After string `json:"after,omitzero" doc:"A position, such as 1f0c9a3e-42; absent for from now on"`
}

// What natter sends.
type (
	welcomeFrame struct {
		Op         string        `json:"op" doc:"welcome"`
		ID         uint64        `json:"id,omitzero" doc:"The auth frame's; absent after a ticket or header"`
		User       events.Person `json:"user" doc:"Who you are"`
		Session    string        `json:"session" doc:"Your session's id, or your personal access token's"`
		Time       time.Time     `json:"time" doc:"The server's clock"`
		Expires    time.Time     `json:"expires,omitzero" doc:"Send a newer token before this; absent where there is no end"`
		Durability string        `json:"durability" doc:"What an ack promises: fsync, quorum or unverified"`
	}
	subscribedFrame struct {
		Op       string `json:"op" doc:"subscribed"`
		ID       uint64 `json:"id,omitzero" doc:"The subscribe frame's"`
		Room     string `json:"room" doc:"The room's id"`
		Position string `json:"position" doc:"Events after it follow, contiguously"`
	}
	eventFrame struct {
		Op    string          `json:"op" doc:"event"`
		Room  string          `json:"room" doc:"The room's id"`
		Seq   uint64          `json:"seq" doc:"The room's order; grows, with holes"`
		Prev  uint64          `json:"prev" doc:"The seq of the event before it in the room: never greater than what you have"`
		Event json.RawMessage `json:"event" doc:"The event's envelope, as in history"`
	}
	markerFrame struct {
		Op   string `json:"op" doc:"marker"`
		Room string `json:"room" doc:"The room's id"`
		User string `json:"user" doc:"Who has read"`
		Seq  uint64 `json:"seq" doc:"Up to here; keep the largest"`
	}
	resetFrame struct {
		Op       string      `json:"op" doc:"reset"`
		ID       uint64      `json:"id,omitzero" doc:"The subscribe frame's; absent when it comes later"`
		Room     string      `json:"room" doc:"The room's id"`
		Position string      `json:"position" doc:"Events after it follow; before it there may be a hole"`
		Reason   resetReason `json:"reason" doc:"Why" enum:"incarnation,too_old,future,membership,hole"`
	}
	unsubscribedFrame struct {
		Op     string `json:"op" doc:"unsubscribed"`
		ID     uint64 `json:"id,omitzero" doc:"The unsubscribe frame's; absent when you left"`
		Room   string `json:"room" doc:"The room's id"`
		Reason string `json:"reason" doc:"Why no more events come" enum:"asked,left"`
	}
	ackFrame struct {
		Op         string `json:"op" doc:"ack"`
		ID         uint64 `json:"id,omitzero" doc:"The frame's that it answers"`
		Room       string `json:"room" doc:"The room's id"`
		Message    string `json:"message,omitzero" doc:"The event's id; equal for every retry. Absent for a read marker, and where everything was so already"`
		Seq        uint64 `json:"seq" doc:"Its place in the room's order"`
		Position   string `json:"position" doc:"Where a subscription that has seen it may start"`
		Durability string `json:"durability" doc:"What this ack promises" enum:"fsync,quorum,unverified"`
	}
	errorFrame struct {
		Op     string    `json:"op" doc:"error"`
		ID     uint64    `json:"id,omitzero" doc:"The frame's that could not be done, where it had a readable one"`
		Room   string    `json:"room,omitzero" doc:"The room that it is about"`
		Code   chat.Code `json:"code" doc:"A stable code"`
		Detail string    `json:"detail" doc:"A sentence that a person can act on"`
		Retry  int64     `json:"retry_after_ms,omitzero" doc:"With rate_limited: trying again can succeed after so long"`
	}
	pongFrame struct {
		Op   string    `json:"op" doc:"pong"`
		ID   uint64    `json:"id,omitzero" doc:"The ping's"`
		Time time.Time `json:"time" doc:"The server's clock"`
	}
	byeFrame struct {
		Op             string    `json:"op" doc:"bye"`
		Code           closeCode `json:"code" doc:"The close code that follows"`
		Reason         string    `json:"reason" doc:"What happened"`
		Why            string    `json:"why,omitzero" doc:"With 4403, if it is known: logout, ended (from another device), password, too_many, refresh_reuse or person_disabled"`
		ReconnectAfter int64     `json:"reconnect_after_ms" doc:"Wait that long before you reconnect"`
	}
)

// What an SSE event's data holds; bye's is a byeFrame.
type (
	sseEventData struct {
		Seq   uint64          `json:"seq" doc:"Its place among your notifications"`
		Event json.RawMessage `json:"event" doc:"The event's envelope: notification.created, or notification.read in a read event"`
	}
	sseResetData struct {
		Position string      `json:"position" doc:"Where the stream goes on; read the list of notifications again"`
		Reason   resetReason `json:"reason" doc:"Why" enum:"incarnation,too_old,future,hole"`
	}
)
