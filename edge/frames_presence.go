package edge

import (
	"time"

	"github.com/natter-chat/natter/chat"
)

// What a client sends about presence and typing.
type (
	watchFrame struct {
		Op    string   `json:"op" doc:"watch"`
		ID    uint64   `json:"id,omitzero" doc:"Repeated by every answer"`
		Rooms []string `json:"rooms" doc:"1 to 500 rooms that this connection has subscribed to; each is answered by present or error"`
	}
	unwatchFrame struct {
		Op    string   `json:"op" doc:"unwatch"`
		ID    uint64   `json:"id,omitzero" doc:"Repeated by an error; there is no other answer"`
		Rooms []string `json:"rooms" doc:"1 to 500 rooms of whose people you want to hear no more"`
	}
	standingFrame struct {
		Op    string        `json:"op" doc:"presence"`
		ID    uint64        `json:"id,omitzero" doc:"Repeated by an error; there is no other answer"`
		State chat.Standing `json:"state" enum:"here,away" doc:"Whether somebody looks at this device; here at the beginning"`
	}
	typeFrame struct {
		Op   string `json:"op" doc:"typing"`
		ID   uint64 `json:"id,omitzero" doc:"Repeated by an error; there is no other answer"`
		Room string `json:"room" doc:"A room that this connection has subscribed to. More than one in 2 s is passed over"`
	}
)

// What natter sends about them.
type (
	presentFrame struct {
		Op     string          `json:"op" doc:"present"`
		ID     uint64          `json:"id,omitzero" doc:"The watch frame's; absent when a room has become too large for names"`
		Room   string          `json:"room" doc:"The room's id"`
		N      uint64          `json:"n" doc:"The room's next presence has n + 1"`
		People []presentPerson `json:"people,omitzero" doc:"Members who are there, and those of whom it is known when they were; others are offline. Absent in a room of more than 200 members"`
		Here   *int            `json:"here,omitempty" doc:"In such a room: how many are here"`
		Away   *int            `json:"away,omitempty" doc:"In such a room: how many are away"`
	}
	presenceFrame struct {
		Op    string        `json:"op" doc:"presence"`
		Room  string        `json:"room" doc:"The room's id"`
		N     uint64        `json:"n" doc:"Grows by one with each of this room's"`
		User  string        `json:"user,omitzero" doc:"Whose state changed; absent in a room of more than 200 members"`
		State chat.Standing `json:"state,omitzero" enum:"here,away,offline" doc:"How they are now"`
		Seen  time.Time     `json:"seen,omitzero" doc:"With offline: when they were last seen; absent for somebody who left the room"`
		Here  *int          `json:"here,omitempty" doc:"In such a room: how many are here"`
		Away  *int          `json:"away,omitempty" doc:"In such a room: how many are away"`
	}
	typingFrame struct {
		Op   string `json:"op" doc:"typing"`
		Room string `json:"room" doc:"The room's id"`
		User string `json:"user" doc:"Who types; show it for 5 s"`
	}
)

// presentPerson is how one member is.
type presentPerson struct {
	User  string        `json:"user"`
	State chat.Standing `json:"state" enum:"here,away,offline"`
	Seen  time.Time     `json:"seen,omitzero" doc:"With offline: when they were last seen"`
}
