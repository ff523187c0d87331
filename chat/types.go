package chat

import (
	"encoding/json"
	"time"

	"github.com/natter-chat/natter/events"
)

// Principal is who acts: an authenticated user in one of their sessions, or a
// program with one of their personal access tokens.
type Principal struct {
	User    events.Person
	Session string    // or the personal access token's id
	Expires time.Time // when the access token ends; zero: never
	Scopes  []Scope   // of a personal access token; nil for a session, which may do everything
}

// Room kinds.
const (
	Public  = "public"  // anybody may find and join it
	Private = "private" // joined by invitation
	Direct  = "direct"  // two people, for ever
)

// Room is a room as one person sees it.
type Room struct {
	ID      string         `json:"id"`
	Kind    string         `json:"kind" enum:"public,private,direct"`
	Name    string         `json:"name" doc:"Empty for a direct room"`
	Peer    *events.Person `json:"peer,omitempty" doc:"In a direct room: the other person"`
	Members int            `json:"members" doc:"How many people are in it"`
	Created time.Time      `json:"created"`
}

// MyRoom is a room of mine with what a list of rooms shows.
type MyRoom struct {
	Room
	Last     *Item  `json:"last,omitempty" doc:"The newest message"`
	Read     uint64 `json:"read" doc:"Sequence up to which you have read"`
	Unread   int    `json:"unread" doc:"Messages of others after it, counted to 100"`
	Mentions int    `json:"mentions" doc:"Of those, how many mention you"`
	// Mentioned are the sequences of those, ascending.
	Mentioned []uint64 `json:"mentioned,omitempty" doc:"The messages that mention you, the newest 100, ascending"`
	Since     uint64   `json:"since" doc:"Unread are messages after it: your marker, or your joining if that was later"`
	At        uint64   `json:"at" doc:"Unread and mentions were counted up to here: every event of the room up to this sequence"`
	Level     Level    `json:"level" enum:"all,mentions,none" doc:"What you are told of"`
}

// Marker is how far somebody has read a room.
type Marker struct {
	User string `json:"user"`
	Seq  uint64 `json:"seq" doc:"Up to here"`
}

// Membership is what an edge must know to let somebody read or write a room.
type Membership struct {
	Room Room
	Rev  uint64 // the room's membership revision at which they joined
	// From is the first sequence they may see: 0 for everything, more for
	// somebody who left and came back, NotYet until the log has their return.
	From uint64
}

// Seat is a person's place in a room, taken or not: what one asks a membership by.
type Seat struct{ User, Room string }

// NotYet is a Membership's From while the log has not heard of the return.
const NotYet uint64 = 1<<63 - 1

// Member is one line of a room's member list.
type Member struct {
	events.Person
	Joined time.Time `json:"joined"`
	Read   uint64    `json:"read" doc:"Sequence up to which they have read"`
}

// Item is an event of a room or of a person's notifications, the same bytes
// live, resumed and from history.
type Item struct {
	Seq   uint64          `json:"seq" doc:"The room's order; grows, with holes"`
	Event json.RawMessage `json:"event"`
}

// RoomPage is what the tables hold of a part of a room.
type RoomPage struct {
	Items  []Item // ascending
	Offset uint64 // the CHAT sequence up to which the tables are true, in the same snapshot
	From   uint64 // the reader's Membership.From
	Rev    uint64 // and Membership.Rev
}

// Session is somebody's login on one device. Its refresh tokens are derived
// from its id and generation (see auth): nothing that is stored can be redeemed.
type Session struct {
	ID         string
	User       events.Person
	Generation uint32 // of the refresh token that is valid now
	Expires    time.Time
}

// Notification is a line of a person's list of notifications.
type Notification struct {
	Item
	Read bool `json:"read"`
}
