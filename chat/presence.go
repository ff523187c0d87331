package chat

import "time"

// Standing says whether a person is there.
type Standing string

const (
	Here    Standing = "here"    // a page of theirs is open and used
	Away    Standing = "away"    // pages are open, and none is looked at
	Offline Standing = "offline" // nothing is open
)

// Crowd is who is in a room, as of its revision.
type Crowd struct {
	Rev  uint64 // the room's
	Size int    // how many members it has
	// Members are some or all of them with when they were last seen, zero where
	// nobody knows; which ones is the question's.
	Members map[string]time.Time
}
