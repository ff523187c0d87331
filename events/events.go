package events

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
	MessagePosted    Type = "message.posted"
	ReadMarked       Type = "read.marked"
	Notified         Type = "notification.created"
	NotificationRead Type = "notification.read"
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
)

// Table lists every event, in the order of the payloads below.
var Table = []Row{
	{RoomCreated, Chat, TableFirst, RoomCreatedData{}, []Reader{Edge, Persister},
		"A person made a room; always the room's first event."},
	{MemberJoined, Chat, TableFirst, MemberJoinedData{}, []Reader{Edge, Persister},
		"The actor became a member, by joining or by accepting an invitation."},
	{MemberLeft, Chat, TableFirst, MemberLeftData{}, []Reader{Edge, Persister},
		"The actor left the room; nothing later in it reaches them."},
	{MemberInvited, Chat, TableFirst, MemberInvitedData{}, []Reader{Edge, Persister, Notifier},
		"The actor asked somebody into the room, who may now join it."},
	{MessagePosted, Chat, LogFirst, MessagePostedData{}, []Reader{Edge, Persister, Notifier},
		"The actor posted a message."},
	{ReadMarked, Reads, LogFirst, ReadMarkedData{}, []Reader{Edge, Persister},
		"The actor has read the room up to a sequence; markers only grow."},
	{Notified, Notify, LogFirst, NotifiedData{}, []Reader{Edge, Persister},
		"The subject's user must be told of an event. The notifier decided it; what concerns their account comes from the outbox instead, with what happened."},
	{NotificationRead, Notify, LogFirst, NotificationReadData{}, []Reader{Edge, Persister},
		"The user has seen their notifications up to a sequence, on some device."},
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
	Kind string `json:"kind"` // "public", "private" or "direct"
	Name string `json:"name"` // empty for a direct room
}

// MemberJoinedData is the payload of member.joined.
type MemberJoinedData struct {
	// Rev is the room's membership revision after this change. Per room it
	// grows by one with every join and leave, so that a reader can tell a
	// late event from a later one.
	Rev  uint64 `json:"rev"`
	User Person `json:"user"` // who is a member now
	// Again is true when the user had been a member before: they see the
	// room from this event on, never what was said while they were away.
	Again bool `json:"again,omitzero"`
}

// MemberLeftData is the payload of member.left.
type MemberLeftData struct {
	Rev  uint64 `json:"rev"`  // the room's membership revision after this change
	User Person `json:"user"` // who is no longer a member
}

// MemberInvitedData is the payload of member.invited.
type MemberInvitedData struct {
	User Person `json:"user"` // who may join now
	Room string `json:"room"` // the room's name, for the notification's text
}

// MessagePostedData is the payload of message.posted.
type MessagePostedData struct {
	Key      string   `json:"key"`                // the client's key, UUIDv7: same sender, room and key, same message
	Text     string   `json:"text"`               // 1 to 8000 bytes of valid UTF-8 without NUL
	Mentions []Person `json:"mentions,omitempty"` // members named with @, without the author, at most 50
	Direct   *Person  `json:"direct,omitempty"`   // in a direct room: the other person
	Room     string   `json:"room_name,omitzero"` // the room's name when it was posted, for notifications; empty in a direct room
}

// ReadMarkedData is the payload of read.marked.
type ReadMarkedData struct {
	Seq uint64 `json:"seq"` // CHAT sequence of the last event read
}

// NotifiedData is the payload of notification.created. The envelope's id is
// derived from recipient, source and kind, so that one event notifies once.
// About an account ("security") there is no room, and the source is an event of
// AUDIT, whose sequence was not known yet.
type NotifiedData struct {
	Kind   string `json:"kind"`             // "mention", "direct", "invitation" or "security"
	Room   string `json:"room,omitzero"`    // where it happened
	Name   string `json:"name,omitzero"`    // the room's name; empty for a direct room
	Source string `json:"source"`           // id of the event that caused it
	Seq    uint64 `json:"seq"`              // CHAT sequence of that event, 0 if it is none of CHAT
	Text   string `json:"excerpt,omitzero"` // at most 140 runes of the message; empty for an invitation
}

// SecurityNotice is the kind of a notification about the person's account.
const SecurityNotice = "security"

// NotificationReadData is the payload of notification.read.
type NotificationReadData struct {
	UpTo uint64 `json:"up_to"`         // NOTIFY sequence: this and all before are read
	Room string `json:"room,omitzero"` // only those of this room; empty: all
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
