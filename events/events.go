package events

import "time"

// This file is the contract. Table names every event of the system with its
// subject, its stream, its payload and its readers; the payloads follow in the
// table's order. Streams, what edges push, the golden files and docs/events.md
// are derived from it.

// Type names an event. The names are part of the wire protocol: append-only.
type Type string

const (
	RoomCreated      Type = "room.created"
	MemberJoined     Type = "member.joined"
	MemberLeft       Type = "member.left"
	MemberInvited    Type = "member.invited"
	MemberChanged    Type = "member.changed"
	RoomChanged      Type = "room.changed"
	MessagePosted    Type = "message.posted"
	MessageEdited    Type = "message.edited"
	MessageDeleted   Type = "message.deleted"
	MessageReacted   Type = "message.reacted"
	MessagePinned    Type = "message.pinned"
	MessageErased    Type = "message.erased"
	ReadMarked       Type = "read.marked"
	Notified         Type = "notification.created"
	NotificationRead Type = "notification.read"
	LevelSet         Type = "level.set"
	CursorMoved      Type = "cursor.moved"
	SessionRevoked   Type = "session.revoked"
	SessionRestored  Type = "session.restored"
	SecurityNoted    Type = "security.noted"
)

// Reader is a role that acts on an event.
type Reader string

const (
	Edge      Reader = "edge"
	Persister Reader = "persister"
	Notifier  Reader = "notifier"
)

// Row is one line of the contract.
type Row struct {
	Type    Type
	Stream  Stream
	Origin  Origin   // who decides that it happened
	Payload any      // a zero value of the payload struct
	Readers []Reader // who acts on it; others carry it through
	Meaning string   // one sentence: when it happens and who acts
}

// Origin says where the truth of an event is decided.
type Origin string

const (
	LogFirst   Origin = "log"   // published by an edge or worker; true once the log has it
	TableFirst Origin = "table" // decided by a PostgreSQL transaction, published from its outbox
	InHistory  Origin = "read"  // made when history is read or shown; never published
)

// Table lists every event, in the order of the payloads below.
var Table = []Row{
	{RoomCreated, Chat, TableFirst, RoomCreatedData{}, []Reader{Edge, Persister},
		"A person made a room; always the room's first event."},
	{MemberJoined, Chat, TableFirst, MemberJoinedData{}, []Reader{Edge, Persister},
		"The actor became a member, by joining or by accepting an invitation."},
	{MemberLeft, Chat, TableFirst, MemberLeftData{}, []Reader{Edge, Persister},
		"The user left the room, or the actor removed or banned them; nothing later in it reaches them."},
	{MemberInvited, Chat, TableFirst, MemberInvitedData{}, []Reader{Edge, Persister, Notifier},
		"The actor asked somebody into the room, who may now join it."},
	{MemberChanged, Chat, TableFirst, MemberChangedData{}, []Reader{Edge, Persister, Notifier},
		"The actor gave a member another role in the room, or let them speak or not."},
	{RoomChanged, Chat, TableFirst, RoomChangedData{}, []Reader{Edge, Persister},
		"The actor changed what a room is called, is about, or allows."},
	{MessagePosted, Chat, LogFirst, MessagePostedData{}, []Reader{Edge, Persister, Notifier},
		"The actor posted a message."},
	{MessageEdited, Chat, LogFirst, MessageEditedData{}, []Reader{Edge, Persister, Notifier},
		"The author gave a message another text; whom only the new one mentions is told."},
	{MessageDeleted, Chat, LogFirst, MessageDeletedData{}, []Reader{Edge, Persister},
		"The author or a moderator deleted a message; the persister erases it from the log."},
	{MessageReacted, Chat, LogFirst, MessageReactedData{}, []Reader{Edge, Persister},
		"The actor put an emoji to a message, or took it back."},
	{MessagePinned, Chat, LogFirst, MessagePinnedData{}, []Reader{Edge, Persister},
		"The actor pinned a message to its room, or took it down."},
	{MessageErased, Chat, InHistory, MessageErasedData{}, []Reader{Edge},
		"What history shows in place of a deleted message. It is never in the log."},
	{ReadMarked, Reads, LogFirst, ReadMarkedData{}, []Reader{Edge, Persister},
		"The actor has read the room up to a sequence; markers only grow."},
	{Notified, Notify, LogFirst, NotifiedData{}, []Reader{Edge, Persister},
		"The subject's user must be told of an event. The notifier decided it; what concerns their account comes from the outbox instead, with what happened."},
	{NotificationRead, Notify, LogFirst, NotificationReadData{}, []Reader{Edge, Persister},
		"The user has seen their notifications up to a sequence, on some device."},
	{LevelSet, Notify, TableFirst, LevelSetData{}, []Reader{Edge},
		"The user chose what of a room they are told, on some device; the table has it, and their other devices hear it."},
	{CursorMoved, Notify, LogFirst, CursorMovedData{}, []Reader{Notifier},
		"The notifier has handled CHAT up to a sequence; it stands in one atomic batch with what that caused."},
	{SessionRevoked, Sessions, TableFirst, SessionRevokedData{}, []Reader{Edge},
		"A session or token ended (logout); every edge closes its connections and refuses its tokens."},
	{SessionRestored, Sessions, TableFirst, SessionRestoredData{}, []Reader{Edge},
		"A token that was revoked because its person was disabled is valid again."},
	{SecurityNoted, Audit, TableFirst, SecurityNotedData{}, []Reader{Persister},
		"Something happened to the subject's account that its person and auditors may want to know; the actor did it."},
}

// RoomCreatedData is the payload of room.created.
type RoomCreatedData struct {
	Kind     string `json:"kind"`              // "public", "private", "direct" or "announcement"
	Name     string `json:"name"`              // empty for a direct room
	Topic    string `json:"topic,omitzero"`    // what it is about
	Capacity int    `json:"capacity,omitzero"` // how many members it may have; 0: as many as any room
}

// MemberJoinedData is the payload of member.joined.
type MemberJoinedData struct {
	// Rev is the room's revision after this change. Per room it grows by one
	// with every join, leave, member.changed and room.changed, so that a reader
	// can tell a late event from a later one.
	Rev  uint64 `json:"rev"`
	User Person `json:"user"` // who is a member now
	// Again is true when the user had been a member before: they see the
	// room from this event on, never what was said while they were away.
	Again bool   `json:"again,omitzero"`
	Role  string `json:"role,omitzero"` // "owner" for whoever made the room; empty: "member"
}

// MemberLeftData is the payload of member.left.
type MemberLeftData struct {
	Rev    uint64 `json:"rev"`             // the room's revision after this change
	User   Person `json:"user"`            // who is no longer a member
	How    string `json:"how,omitzero"`    // empty: they left; else "removed" or "banned", by the actor
	Reason string `json:"reason,omitzero"` // what the actor said about it
	// Until is when a ban ends; zero for one that does not, and for all else.
	Until time.Time `json:"until,omitzero"`
}

// Ways to be no longer a member.
const (
	LeftRemoved = "removed" // may join again
	LeftBanned  = "banned"  // may not, until the ban ends
)

// MemberInvitedData is the payload of member.invited.
type MemberInvitedData struct {
	User Person `json:"user"` // who may join now
	Room string `json:"room"` // the room's name, for the notification's text
}

// MemberChangedData is the payload of member.changed. It says all that a
// member's standing is made of, changed or not.
type MemberChangedData struct {
	Rev   uint64    `json:"rev"`            // the room's revision after this change
	User  Person    `json:"user"`           // whose standing it is
	Role  string    `json:"role"`           // "owner", "moderator" or "member" of the room
	Muted time.Time `json:"muted,omitzero"` // they may not post before; zero: they may
	// Was is the role before, "" where it is the same.
	Was  string `json:"was,omitzero"`
	Room string `json:"room,omitzero"` // the room's name, for the notification's text
}

// RoomChangedData is the payload of room.changed. It says all of the room's
// settings, changed or not.
type RoomChangedData struct {
	Rev      uint64 `json:"rev"`               // the room's revision after this change
	Kind     string `json:"kind"`              // "public", "private" or "announcement"
	Name     string `json:"name"`              // what it is called now
	Topic    string `json:"topic,omitzero"`    // what it is about
	Capacity int    `json:"capacity,omitzero"` // how many members it may have; 0: as many as any room
	Slow     int    `json:"slow,omitzero"`     // seconds between two messages of a member; 0: no bound
	Archived bool   `json:"archived,omitzero"` // nobody posts in it any more
}

// MessagePostedData is the payload of message.posted.
type MessagePostedData struct {
	Key      string   `json:"key"`                // the client's key, UUIDv7: same sender, room and key, same message
	Text     string   `json:"text"`               // 1 to 8000 bytes of valid UTF-8 without NUL
	Mentions []Person `json:"mentions,omitempty"` // members named with @, without the author, at most 50
	Direct   *Person  `json:"direct,omitempty"`   // in a direct room: the other person
	Room     string   `json:"room_name,omitzero"` // the room's name when it was posted, for notifications; empty in a direct room
	Reply    *Reply   `json:"reply,omitempty"`    // the message that this one answers
	// Crowd is "room" where it mentions all members, and "here" where Mentions
	// has those who were online, too, at most 200 more.
	Crowd  string  `json:"crowd,omitzero"`
	Edited *Edited `json:"edited,omitempty"` // never in the log: the text is that of a later edit, as history and resumes may show it
}

// Reply names the message that another one answers. It repeats nothing of its
// text, which can be deleted.
type Reply struct {
	Seq  uint64 `json:"seq"`  // CHAT sequence of the message
	User Person `json:"user"` // its author
}

// Edited says which edit a message's text is of.
type Edited struct {
	Seq  uint64    `json:"seq"` // CHAT sequence of the newest message.edited
	Time time.Time `json:"time"`
}

// MessageEditedData is the payload of message.edited.
type MessageEditedData struct {
	Key      string   `json:"key"`                // the client's key, UUIDv7: same sender, room and key, same edit
	Seq      uint64   `json:"seq"`                // CHAT sequence of the message
	Message  string   `json:"message"`            // its id
	Text     string   `json:"text"`               // what it says now
	Mentions []Person `json:"mentions,omitempty"` // as in message.posted
	Added    []Person `json:"added,omitempty"`    // of those, whom no version before mentioned: they are told
	Crowd    string   `json:"crowd,omitzero"`     // the message's own: an edit does not change it
	Room     string   `json:"room_name,omitzero"` // as in message.posted
}

// MessageDeletedData is the payload of message.deleted. It says all that is
// left of the message, so that the log without the message gives the same rows.
type MessageDeletedData struct {
	Seq     uint64    `json:"seq"`     // CHAT sequence of the message
	Message string    `json:"message"` // its id
	Key     string    `json:"key"`     // its key
	User    Person    `json:"user"`    // its author
	Time    time.Time `json:"time"`    // when it was posted
}

// MessageReactedData is the payload of message.reacted.
type MessageReactedData struct {
	Seq   uint64 `json:"seq"`   // CHAT sequence of the message
	Emoji string `json:"emoji"` // one emoji
	On    bool   `json:"on"`    // false: the actor takes it back
}

// MessagePinnedData is the payload of message.pinned.
type MessagePinnedData struct {
	Seq uint64 `json:"seq"` // CHAT sequence of the message
	On  bool   `json:"on"`  // false: it is taken down
}

// MessageErasedData is the payload of message.erased. Its envelope has the
// message's id, author and time.
type MessageErasedData struct {
	Key     string `json:"key"`     // the message's key: a retry of its post gets the old answer
	Deleted uint64 `json:"deleted"` // CHAT sequence of the message.deleted
	By      Person `json:"by"`      // who deleted it
}

// ReadMarkedData is the payload of read.marked.
type ReadMarkedData struct {
	Seq uint64 `json:"seq"` // CHAT sequence of the last event read
	// At is the sequence up to which the edge has counted what is unread after
	// Seq; 0: it could not. The counts are the actor's own: edges show them to
	// nobody else.
	At        uint64   `json:"at,omitzero"`
	Since     uint64   `json:"since,omitzero"`      // unread are messages after it: the actor's joining, where that was after Seq
	Unread    int      `json:"unread,omitzero"`     // messages of others, counted to 100
	Mentioned []uint64 `json:"mentioned,omitempty"` // which of them mention the actor, the newest 100
}

// NotifiedData is the payload of notification.created. The envelope's id is
// derived from recipient, source and kind, so that one event notifies once.
// About an account ("security") there is no room, and the source is an event of
// AUDIT, whose sequence was not known yet.
type NotifiedData struct {
	Kind   string `json:"kind"`          // "mention", "reply", "direct", "message", "invitation", "role" or "security"
	Room   string `json:"room,omitzero"` // where it happened
	Name   string `json:"name,omitzero"` // the room's name; empty for a direct room
	Source string `json:"source"`        // id of the event that caused it
	Seq    uint64 `json:"seq"`           // CHAT sequence of that event, 0 if it is none of CHAT
	// Text is never in the log: what a message says is in CHAT alone, so that
	// it can be deleted there. Edges fill it in for the reader: at most 140 runes
	// of what the message says now.
	Text string `json:"excerpt,omitzero"`
	Role string `json:"role,omitzero"` // of kind "role": the new one
	// Noted is what a "security" is about, a kind of security.noted:
	// "refresh_reuse" (before there were others: absent) or "identity_linked".
	Noted string `json:"noted,omitzero"`
	// Message is the CHAT sequence of the message that it is about, where that
	// is another: the source is an edit of it.
	Message uint64 `json:"message,omitzero"`
}

// SecurityNotice is the kind of a notification about the person's account.
const SecurityNotice = "security"

// NotificationReadData is the payload of notification.read.
type NotificationReadData struct {
	UpTo uint64 `json:"up_to"`         // NOTIFY sequence: this and all before are read
	Room string `json:"room,omitzero"` // only those of this room; empty: all
}

// LevelSetData is the payload of level.set.
type LevelSetData struct {
	Room  string `json:"room"`  // whose notifications it is about
	Level string `json:"level"` // "all", "mentions" or "none"
}

// CursorMovedData is the payload of cursor.moved. Its scope is NotifierCursor,
// a subject of its own that no person has.
type CursorMovedData struct {
	Stream      Stream `json:"stream"`      // CHAT
	Incarnation string `json:"incarnation"` // which life of that stream
	Seq         uint64 `json:"seq"`         // everything up to here has been handled
}

// NotifierCursor is the scope of the notifier's cursor.moved events.
const NotifierCursor = "00000000-0000-8000-8000-6e6f74696679"

// SessionRevokedData is the payload of session.revoked.
type SessionRevokedData struct {
	User   string `json:"user"`
	Reason string `json:"reason"` // such as "logout" or "refresh_reuse"; see the constants
}

// Reasons for which a session or token ends.
const (
	ReasonLogout   = "logout"          // its person logged out
	ReasonReuse    = "refresh_reuse"   // an old refresh token was used again: it was stolen, or its thief shows
	ReasonEnded    = "ended"           // its person ended it from another session
	ReasonTooMany  = "too_many"        // another login took its place: a person may have so many
	ReasonPassword = "password"        // the password was changed
	ReasonDisabled = "person_disabled" // its person may not use natter any more
)

// SessionRestoredData is the payload of session.restored.
type SessionRestoredData struct {
	User string `json:"user"` // whose token it is
}

// SecurityNotedData is the payload of security.noted. It holds no secret.
type SecurityNotedData struct {
	Kind    string `json:"kind"`             // such as "login" or "password_changed"; see the constants
	Device  string `json:"device,omitzero"`  // such as "Firefox on Linux"
	Address string `json:"address,omitzero"` // the client's address
	Session string `json:"session,omitzero"` // the session or token that it is about
	Detail  string `json:"detail,omitzero"`  // what the kind leaves open: a reason, a role, a token's name
}

// Kinds of security.noted. They are append-only.
const (
	NotedSignUp          = "signup"
	NotedLogin           = "login"
	NotedLoginFailed     = "login_failed"
	NotedSessionEnded    = "session_ended" // detail: the reason
	NotedRefreshReuse    = "refresh_reuse"
	NotedPasswordChanged = "password_changed"
	NotedResetAsked      = "reset_asked"
	NotedEmailChanged    = "email_changed"
	NotedCodesGuessed    = "codes_guessed" // all guesses of a code were wrong
	NotedRoleChanged     = "role_changed"  // detail: the new role
	NotedDisabled        = "disabled"
	NotedEnabled         = "enabled"
	NotedTokenMade       = "token_made" // detail: its name
	NotedTokenRevoked    = "token_revoked"
	NotedIdentityLinked  = "identity_linked" // detail: the provider
	NotedInvitationMade  = "invitation_made"
	NotedInvitationEnded = "invitation_ended"
)
