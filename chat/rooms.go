package chat

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/natter-chat/natter/events"
)

// Limits of rooms that clients see.
const (
	MaxTopic  = 250           // runes of a room's topic
	MaxReason = 200           // runes of what is said about a removal or ban
	MaxSlow   = 6 * 60 * 60   // seconds of slow mode
	MaxMuted  = 365 * 24 * 60 // minutes for which somebody is muted or banned, unless for ever
	MaxLinks  = 50            // open links of one room
	MaxUses   = 1000          // of one link
	MaxBans   = 1000          // of one room
	LinkDays  = 30            // for which a link lasts at most
)

// NewRoom is a room to be made.
type NewRoom struct {
	ID, Kind, Name, Topic string
	Capacity              int
}

// Check reports whether such a room can be.
func (n NewRoom) Check() error {
	if n.Kind == Direct || !IsRoomKind(n.Kind) {
		return badKind()
	}
	if err := CheckID("id", n.ID); err != nil {
		return err
	}
	return RoomChange{Name: &n.Name, Topic: &n.Topic, Capacity: &n.Capacity}.Check()
}

// IsRoomKind reports whether a room can be of this kind.
func IsRoomKind(kind string) bool {
	return kind == Public || kind == Private || kind == Announcement || kind == Direct
}

func badKind() error {
	return &Error{Code: BadRequest, Field: "kind", Detail: "A room is public, private or for announcements."}
}

// RoomChange is what somebody wants to be otherwise in a room; nil: as it is.
type RoomChange struct {
	Name, Topic, Kind *string
	Capacity, Slow    *int
}

// Takes returns the role that one must have in the room for the change.
func (c RoomChange) Takes() Role {
	if c.Kind != nil || c.Capacity != nil {
		return Owner
	}
	return Moderator
}

// Check reports whether a room can be like that.
func (c RoomChange) Check() error {
	if c.Name != nil {
		if err := CheckRoomName(*c.Name); err != nil {
			return err
		}
	}
	if c.Topic != nil {
		if err := checkLine("topic", *c.Topic, MaxTopic); err != nil {
			return err
		}
	}
	if c.Kind != nil && (*c.Kind == Direct || !IsRoomKind(*c.Kind)) {
		return badKind()
	}
	if err := checkRange("capacity", c.Capacity, MaxMembers); err != nil {
		return err
	}
	return checkRange("slow", c.Slow, MaxSlow)
}

func checkRange(field string, n *int, most int) error {
	if n != nil && (*n < 0 || *n > most) {
		return &Error{Code: BadRequest, Field: field, Detail: "This number is out of its range."}
	}
	return nil
}

// CheckReason reports whether a reason can be given.
func CheckReason(reason string) error { return checkLine("reason", reason, MaxReason) }

// checkLine reports whether text is one line that can be shown: it may be empty.
func checkLine(field, text string, most int) error {
	bad := &Error{Code: BadRequest, Field: field, Detail: fmt.Sprintf("This is one line of at most %d characters that show, without space around it.", most)}
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > most || strings.TrimSpace(text) != text {
		return bad
	}
	for _, r := range text {
		if !unicode.IsPrint(r) && r != '\u200d' || unicode.Is(unicode.Cf, r) && r != '\u200d' { // emoji are joined by it
			return bad
		}
	}
	return nil
}

// Turn is what a message takes in a room: a place in slow mode or, with Crowd, the
// mention of everybody, which has turns of its own.
type Turn struct {
	User, Room, Message string
	Crowd               bool
}

// Ban keeps somebody out of a room.
type Ban struct {
	User    events.Person `json:"user"`
	By      events.Person `json:"by"`
	Reason  string        `json:"reason,omitempty"`
	Created time.Time     `json:"created"`
	Until   time.Time     `json:"until,omitzero" doc:"When it ends; absent: never"`
}

// NewRoomLink is a link to be made.
type NewRoomLink struct {
	Hash  []byte
	Uses  int
	Lasts time.Duration
}

// RoomLink is a link by which people may join a room.
type RoomLink struct {
	ID       string        `json:"id"`
	By       events.Person `json:"by"`
	Created  time.Time     `json:"created"`
	Expires  time.Time     `json:"expires"`
	UsesLeft int           `json:"uses_left"`
}
