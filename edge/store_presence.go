package edge

import (
	"context"
	"time"

	"github.com/natter-chat/natter/chat"
)

// Crowds are the questions that presence asks about many rooms or people at once.
type Crowds interface {
	// CrowdsOf returns the rooms as of one moment, with all members of those
	// that have most or fewer. Rooms that do not exist are absent.
	CrowdsOf(ctx context.Context, rooms []string, most int) (map[string]chat.Crowd, error)
	// CrowdsAmong returns which of the users are members of which of the rooms,
	// as of one moment. Sizes are not told.
	CrowdsAmong(ctx context.Context, rooms, users []string) (map[string]chat.Crowd, error)
	// SaveSeen writes down when people were last seen; it never goes back.
	SaveSeen(ctx context.Context, seen map[string]time.Time) error
	// Seen returns when each of the users was last seen, on a socket or by
	// prolonging a session. Those of whom nothing is known are absent.
	Seen(ctx context.Context, users []string) (map[string]time.Time, error)
}
