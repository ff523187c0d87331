package laws

// Record is one line of the history. Which members are set depends on Op.
type Record struct {
	Client  string  `json:"client"`
	Op      Op      `json:"op"`
	Start   int64   `json:"start"` // microseconds since the campaign began
	End     int64   `json:"end"`
	Outcome Outcome `json:"type"`
	Code    string  `json:"code,omitzero"` // natter's word for it, where it refused
	Edge    string  `json:"edge,omitzero"`
	User    string  `json:"user,omitzero"`
	Session string  `json:"session,omitzero"`
	Room    string  `json:"room,omitzero"`
	Key     string  `json:"key,omitzero"`
	Text    string  `json:"text,omitzero"`
	Message string  `json:"message,omitzero"` // an event's id
	Seq     uint64  `json:"seq,omitzero"`
	Prev    uint64  `json:"prev,omitzero"`
	Conn    string  `json:"conn,omitzero"`   // the socket it was sent on
	Try     int     `json:"try,omitzero"`    // 1 is the first attempt with the key
	Target  uint64  `json:"target,omitzero"` // the sequence of the message that it is about
	// Seqs are a page's, ascending. Whole is true when nothing is older than the
	// page, and of who follows to the campaign's end.
	Seqs  []uint64 `json:"seqs,omitzero"`
	Whole bool     `json:"whole,omitzero"`
	Sum   string   `json:"sum,omitzero"` // of what was shown: Sum, SumOf
	Note  string   `json:"note,omitzero"`
}

// Op is what a record is about.
type Op string

const (
	Post    Op = "post"    // User, Room, Key, Text, Try, Conn; answered: Message, Seq
	Follow  Op = "follow"  // the client has everything of Room up to Seq, and subscribes
	See     Op = "see"     // an event arrived: User, Room, Seq, Prev, Message, Sum, Text of one that is shown as edited
	Reset   Op = "reset"   // natter admitted a hole: Room, Seq is where it goes on, Code its reason
	History Op = "history" // a newest page: User, Room, Seqs, Whole, Sum; Seq is its position
	Join    Op = "join"    // User, Room
	Leave   Op = "leave"   // User, Room
	Remove  Op = "remove"  // User, a moderator, from Room; Note is who was removed
	Poll    Op = "poll"    // a long poll: User, Room, Seqs
	Search  Op = "search"  // User, Room, Seqs of what was found
	Edit    Op = "edit"    // User, Room, Target, Key, Text; answered: Message, Seq
	Delete  Op = "delete"  // User, Room, Target; answered: Message, Seq
	React   Op = "react"   // User, Room, Target, Key is the emoji, Note "on" or ""; answered: Message, Seq, unless it was so
	Show    Op = "show"    // one message was read: User, Room, Target, Text, "" of one that is deleted
	Mark    Op = "mark"    // User has read Room up to Seq
	Listen  Op = "listen"  // the stream of notifications of User is complete after Seq
	Ring    Op = "ring"    // a notification arrived: User, Seq, Message
	Logout  Op = "logout"  // Session
	Use     Op = "use"     // a request of Session: ok, or fail once it is refused as ended
	Closed  Op = "closed"  // Conn of Session ended
	Redeem  Op = "redeem"  // a refresh token of Session; Seq is its generation, Note "stale" if it may not be valid any more
	Corrupt Op = "corrupt" // what is no event was put into Room's subject: Seq, if it is known, Text
	Offset  Op = "offset"  // the tables' offset of Client (a consumer) stood at Seq
	Marker  Op = "marker"  // the tables' marker of User in Room stood at Seq
	Come    Op = "come"    // User is connected from here on, at Edge
	Go      Op = "go"      // User's last socket has ended
	Stand   Op = "stand"   // Client, which watches Room, sees User as Code; without a User it sees, or is Blind
	Roll    Op = "roll"    // everybody who is connected must be seen by all who watch Room
	Fault   Op = "fault"   // Note says which, and what showed that it hit
	Heal    Op = "heal"
)

// Outcome is what came of an operation.
type Outcome string

const (
	OK   Outcome = "ok"
	Fail Outcome = "fail" // natter said that it did not happen
	Info Outcome = "info" // it may have happened, or may still
)
