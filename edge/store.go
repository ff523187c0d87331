package edge

import (
	"context"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// What an edge needs of storage. cmd fills these with PostgreSQL; edge never
// imports it. Every method returns a *chat.Error for what a client may see:
// not_found, name_taken, conflict, limit_reached, key_reused, and unavailable
// when the database cannot be reached (then nothing happened, unless the
// comment says otherwise).
//
// Commands that change an invariant write their event into the outbox in the
// same transaction and return the subject of that event, "" where nothing
// changed: the caller publishes it with Outbox.Flush.

// Accounts are people and their sessions.
type Accounts interface {
	Devices
	Audits
	// Password returns the password hash of whoever has this name or address;
	// not_found for a stranger.
	Password(ctx context.Context, name string) (user events.Person, hash string, err error)
	// StartSession makes another session of the user; it ends the oldest of
	// too many. wrong_credentials if the user was disabled.
	StartSession(ctx context.Context, user events.Person, on chat.Device) (s chat.Session, subjects []string, err error)
	// SignInElsewhere starts a session of whom a provider says that it is: the
	// user with that identity, else the one with that address, else a new one
	// made from a.
	SignInElsewhere(ctx context.Context, who chat.Identity, a chat.NewAccount, on chat.Device) (s chat.Session, subjects []string, err error)
	// RotateSession redeems generation of a session's refresh token and
	// returns the session with its next generation. The direct predecessor is
	// honoured again for 10 s and yields the same successor; anything older
	// ends the session and tells its person, with unauthenticated.
	RotateSession(ctx context.Context, session string, generation uint32, on chat.Device) (s chat.Session, subjects []string, err error)
	// EndedSessions returns those of the sessions and tokens that have ended
	// or never were, and those of people who were disabled.
	EndedSessions(ctx context.Context, sessions []string) ([]string, error)
	// SaveTicket stores a single-use ticket's hash; TakeTicket consumes it,
	// unauthenticated if there is none or it expired.
	SaveTicket(ctx context.Context, hash []byte, who chat.Principal, expires time.Time) error
	TakeTicket(ctx context.Context, hash []byte, now time.Time) (chat.Principal, error)
}

// Attempts are counts that all edges keep together.
type Attempts interface {
	// TakeAttempt counts one more under key, unless there were most within
	// window. Of many at once exactly as many are granted as there is room for.
	TakeAttempt(ctx context.Context, key []byte, most int, window time.Duration) (chat.Attempt, error)
	// GiveBackAttempt uncounts one of the window that ends at resets.
	GiveBackAttempt(ctx context.Context, key []byte, resets time.Time) error
}

// Rooms are rooms and memberships: the commands that guard their invariants.
type Rooms interface {
	Moderation
	Links
	// Create makes a room with the id of n and its creator as owner. The same
	// id, creator and everything else again is the same room; key_reused when
	// the id exists otherwise.
	Create(ctx context.Context, by events.Person, n chat.NewRoom) (m chat.Membership, subject string, err error)
	// OpenDirect returns the one direct room of two people, making it if it
	// is the first time. not_found if nobody is called name; conflict with oneself.
	OpenDirect(ctx context.Context, by events.Person, name string) (m chat.Membership, subject string, err error)
	// Join makes the user a member of a room that is open to all, or of one that
	// they are invited to. Joining twice is no error. banned or archived if that
	// is so, limit_reached if the room is full or the user is in too many.
	Join(ctx context.Context, user events.Person, room string) (m chat.Membership, subject string, err error)
	// Leave ends a membership; conflict in a direct room, and for the owner while
	// others are in the room. Leaving twice is no error for an ex-member of a room
	// that is open to all; not_found otherwise.
	Leave(ctx context.Context, user events.Person, room string) (subject string, err error)
	// Invite lets the named person join. conflict if they are a member or the
	// room is direct. Inviting twice is no error and no second event.
	Invite(ctx context.Context, by events.Person, room, name string) (subject string, err error)
}

// Directory answers questions about rooms and people.
type Directory interface {
	// Memberships returns the membership of each of the seats that is taken,
	// in one query and as of one moment, not before the call. Others are absent.
	Memberships(ctx context.Context, seats []chat.Seat) (map[chat.Seat]chat.Membership, error)
	// MyRooms returns the user's rooms and the CHAT sequence up to which
	// their last, unread and mentions are true. Latest activity first.
	MyRooms(ctx context.Context, user string) (rooms []chat.MyRoom, offset uint64, err error)
	// PublicRooms returns the rooms that anybody may join and whose name or
	// topic contains query (without case), by name; after is the last id of the page before, or "".
	PublicRooms(ctx context.Context, query, after string, limit int) ([]chat.Room, error)
	// Members returns a room's members by name; after is the last name of
	// the page before, or "".
	Members(ctx context.Context, room, after string, limit int) ([]chat.Member, error)
	// MembersNamed returns those members of the room whose name is one of
	// names (compared without case).
	MembersNamed(ctx context.Context, room string, names []string) ([]events.Person, error)
}

// Rows are the tables that are folded from the log.
type Rows interface {
	// RoomPage returns up to limit events of the room with from < seq < to
	// (to 0: no bound) that the reader may see, ascending: the newest of
	// them, or the oldest if oldest is set. not_found if the reader is no
	// member. Membership, offset and rows are of the same snapshot.
	RoomPage(ctx context.Context, reader, room string, from, to uint64, limit int, oldest bool) (chat.RoomPage, error)
	// EventByID returns the event with this id, if it has a row. offset is the
	// CHAT sequence up to which the rows are true.
	EventByID(ctx context.Context, id string) (item chat.Item, found bool, offset uint64, err error)
	// Notifications returns up to limit notifications of the user with seq <
	// before (0: no bound), newest first, and how many are unread in all.
	// offset is the NOTIFY sequence up to which that is true.
	Notifications(ctx context.Context, user string, before uint64, limit int) (items []chat.Notification, unread int, offset uint64, err error)
}

// Outbox publishes what commands decided.
type Outbox interface {
	// Flush publishes the outbox's events of subject in order and returns
	// when the log has them, or with an error; then a sweeper will.
	Flush(ctx context.Context, subject string) error
}
