package chat

import "github.com/natter-chat/natter/events"

// Audience asks who of a room may have to be told of what is said there.
type Audience struct {
	Room  string
	Named []string // users: whom a message names
	Crowd bool     // all members, up to MaxTold
}

// Listener is a member of a room and how much they listen.
type Listener struct {
	Room  string
	User  events.Person
	Level Level
	Read  uint64 // they have read up to here
	From  uint64 // the first sequence that they may see
}

// MaxTold is how many people are told of one message. It and their
// notifications are one atomic batch of the log.
const MaxTold = 900
