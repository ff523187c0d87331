package edge

import (
	"context"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Reading is what the tables know of how far people have read.
type Reading interface {
	// Unread counts, to bound, what the user has not read of a room if their
	// marker stands at read. The counts are true up to offset, a sequence of
	// CHAT; not_found if they are no member.
	Unread(ctx context.Context, user, room string, read uint64, bound int) (c chat.Counts, offset uint64, err error)
	// Messages returns which of the sequences are messages of the room that
	// are not deleted.
	Messages(ctx context.Context, room string, seqs []uint64) ([]uint64, error)
	// Markers returns how far up to limit members have read, and the READS
	// sequence up to which that is true.
	Markers(ctx context.Context, room string, limit int) (markers []chat.Marker, offset uint64, err error)
	// MyMarkers returns how far the user has read these rooms, and the READS
	// sequence up to which that is true.
	MyMarkers(ctx context.Context, user string, rooms []string) (read map[string]uint64, offset uint64, err error)
	// Everybody returns the members of a room, up to chat.MaxMembers.
	Everybody(ctx context.Context, room string) ([]events.Person, error)
	// SetLevel says what of a room the user wants to be told; not_found unless
	// they are a member. The same level again is no second event.
	SetLevel(ctx context.Context, user events.Person, room string, level chat.Level) (subject string, err error)
}
