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
	Public       = "public"       // anybody may find and join it
	Announcement = "announcement" // like public, but only its moderators post
	Private      = "private"      // joined by invitation
	Direct       = "direct"       // two people, for ever
)

// Room is a room as one person sees it.
type Room struct {
	ID      string         `json:"id"`
	Kind    string         `json:"kind" enum:"public,private,direct,announcement"`
	Name    string         `json:"name" doc:"Empty for a direct room"`
	Peer    *events.Person `json:"peer,omitempty" doc:"In a direct room: the other person"`
	Members int            `json:"members" doc:"How many people are in it"`
	Created time.Time      `json:"created"`
	RoomSettings
}

// RoomSettings are what people can change about a room, besides its name and
// kind.
type RoomSettings struct {
	Topic    string `json:"topic,omitempty" doc:"What it is about"`
	Capacity int    `json:"capacity,omitempty" doc:"How many members it may have; absent: as many as any room"`
	Slow     int    `json:"slow,omitempty" doc:"Seconds between two messages of a member; absent: no bound"`
	Archived bool   `json:"archived,omitempty" doc:"Nobody joins it or posts in it any more"`
}

// MyRoom is a room of mine with what a list of rooms shows.
type MyRoom struct {
	Room
	Last     *Item  `json:"last,omitempty" doc:"The newest message"`
	Read     uint64 `json:"read" doc:"Sequence up to which you have read"`
	Unread   int    `json:"unread" doc:"Messages of others after it, counted to 100"`
	Mentions int    `json:"mentions" doc:"Of those, how many mention you"`

	Role  Role      `json:"role" enum:"owner,moderator,member" doc:"What you may do in the room"`
	Muted time.Time `json:"muted,omitzero" doc:"You may not post before"`
}

// Membership is what an edge must know to let somebody read or write a room.
type Membership struct {
	Room Room
	Rev  uint64 // the room's membership revision at which they joined
	// From is the first sequence they may see: 0 for everything, more for
	// somebody who left and came back, NotYet until the log has their return.
	From uint64
	// Amended is RoomPage.Amended of the room: while it is the same, so is every
	// page of rows.
	Amended uint64
	// At is the room's revision at which all of this was true: what an event
	// with a later one says is newer.
	At    uint64
	Role  Role      // what they may do in the room
	Muted time.Time // they may not post before
	// Lent says that the role is that of natter's staff, who have a lower one in
	// the room. No event of the room tells of its end: it is not to be remembered.
	Lent bool
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
	Role   Role      `json:"role" enum:"owner,moderator,member"`
	Muted  time.Time `json:"muted,omitzero" doc:"They may not post before"`
}

// Item is an event of a room or of a person's notifications, the same bytes
// live, resumed and from history. In a room's history a message is shown as it
// is now: with the text of its newest edit, or a message.erased in its place.
type Item struct {
	Seq   uint64          `json:"seq" doc:"The room's order; grows, with holes"`
	Event json.RawMessage `json:"event"`

	// What follows is there in a room's history only.
	Reactions []Reaction `json:"reactions,omitempty" doc:"What people put to it, in the order in which the emoji came first"`
	Pinned    bool       `json:"pinned,omitempty"`
	Quote     *Quote     `json:"quote,omitempty" doc:"Of a reply: the message that it answers, as it is now"`
}

// Reaction is one emoji at a message.
type Reaction struct {
	Emoji  string          `json:"emoji"`
	Count  int             `json:"count" doc:"How many people put it there"`
	People []events.Person `json:"people" doc:"The first 20 of them, by when they did"`
}

// Quote is what is shown of the message that a reply answers.
type Quote struct {
	Seq     uint64        `json:"seq"`
	User    events.Person `json:"user" doc:"Its author"`
	Excerpt string        `json:"excerpt" doc:"At most 140 characters of what it says now; empty if it was deleted"`
	Deleted bool          `json:"deleted,omitempty"`
}

// Edit is one version of a message's text.
type Edit struct {
	Seq  uint64    `json:"seq" doc:"Of the edit; of the message for the first one"`
	Time time.Time `json:"time"`
	Text string    `json:"text"`
}

// ReactionPeople is how many people a Reaction names.
const ReactionPeople = 20

// RoomPage is what the tables hold of a part of a room.
type RoomPage struct {
	Items  []Item // ascending
	Offset uint64 // the CHAT sequence up to which the tables are true, in the same snapshot
	From   uint64 // the reader's Membership.From
	Rev    uint64 // and Membership.Rev
	// Amended is the newest sequence of an edit, deletion, reaction or pin of the
	// room that is in the items: 0 for none, and another whenever one was added.
	Amended uint64
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
