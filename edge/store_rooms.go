package edge

import (
	"context"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Moderation is what owners and moderators of a room decide. Who is no member
// gets not_found, who has not the role forbidden; conflict in a direct room.
// Moderators decide about members, owners about everybody but owners.
type Moderation interface {
	// Change gives a room other settings; see chat.RoomChange.Takes. archived,
	// and conflict for a capacity below the number of members.
	Change(ctx context.Context, by events.Person, room string, c chat.RoomChange) (m chat.Membership, subject string, err error)
	// Archive ends what is said in a room, or takes that back, by its owner.
	Archive(ctx context.Context, by events.Person, room string, archived bool) (m chat.Membership, subject string, err error)
	// Remove ends a membership; the person may join again.
	Remove(ctx context.Context, by events.Person, room, user, reason string) (subject string, err error)
	// Mute lets a member say nothing for so long; 0: they may again.
	Mute(ctx context.Context, by events.Person, room, user string, lasts time.Duration) (subject string, err error)
	// SetMemberRole makes a member a moderator, or one no longer, by the owner.
	SetMemberRole(ctx context.Context, by events.Person, room, user string, role chat.Role) (subject string, err error)
	// HandOver makes another member the owner, who was it becomes a moderator: for
	// the owner, and while they are disabled for moderators, or whoever has been a
	// member longest.
	HandOver(ctx context.Context, by events.Person, room, user string) (subject string, err error)
	// Ban keeps somebody out for so long or, for 0, for ever; a member is removed.
	Ban(ctx context.Context, by events.Person, room, user, reason string, lasts time.Duration) (subject string, err error)
	Unban(ctx context.Context, by events.Person, room, user string) error
	// Bans returns those that hold, newest first.
	Bans(ctx context.Context, by events.Person, room string) ([]chat.Ban, error)
	// TakeTurn takes a turn, which there is every so often: 0 if it is the user's,
	// else how long they must wait. Asking again for the same message is no second
	// turn. Of many at once exactly one is granted.
	TakeTurn(ctx context.Context, turn chat.Turn, every time.Duration) (wait time.Duration, err error)
}

// Links are those by which people may join a room. Its moderators make them.
type Links interface {
	MakeLink(ctx context.Context, by events.Person, room string, n chat.NewRoomLink) (chat.RoomLink, error)
	// Links returns the open ones, newest first.
	Links(ctx context.Context, by events.Person, room string) ([]chat.RoomLink, error)
	// EndLink: not_found for what is no link of the room.
	EndLink(ctx context.Context, by events.Person, room, link string) error
	// JoinByLink is Join by a link's hash; bad_invitation if it leads nowhere.
	JoinByLink(ctx context.Context, user events.Person, hash []byte) (m chat.Membership, subject string, err error)
}
