package chat

import (
	"encoding/json"
	"time"
)

// SearchFor says among which messages somebody looks for something.
type SearchFor struct {
	Reader string    // who looks: what they may see is looked at
	Room   string    // only in this room; "": in all of theirs
	Author string    // only what this person wrote, by id or name; "": anybody
	Since  time.Time // posted then or later; zero: no bound
	Until  time.Time // posted before; zero: no bound
	Before uint64    // CHAT sequence: what is older; 0: no bound
	Limit  int
}

// Found is a page of what was found, newest first.
type Found struct {
	Items  []FoundItem
	More   bool   // there may be more, with Before as it is here; also where Items are few or none
	Before uint64 // for the next page
	Offset uint64 // the CHAT sequence up to which messages were looked at
}

// FoundItem is a message that was found.
type FoundItem struct {
	Room  string          `json:"room" doc:"The room's id"`
	Seq   uint64          `json:"seq"`
	Event json.RawMessage `json:"event" doc:"The message as it is now"`
}
