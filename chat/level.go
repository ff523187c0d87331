package chat

// Level is what of a room a person is told.
type Level string

// Levels. They are part of the wire protocol: append-only.
const (
	LevelAll      Level = "all"      // every message
	LevelMentions Level = "mentions" // mentions and replies
	LevelNone     Level = "none"     // nothing that is said
)

// CheckLevel returns a bad_request error unless level is one.
func CheckLevel(level Level) error {
	switch level {
	case LevelAll, LevelMentions, LevelNone:
		return nil
	default:
		return &Error{Code: BadRequest, Field: "level", Detail: "A level is all, mentions or none."}
	}
}

// Tells reports whether somebody at the level is told of a message; pointed is
// whether it mentions them or answers one of theirs.
func (l Level) Tells(pointed bool) bool {
	return l == LevelAll || l == LevelMentions && pointed
}

// Crowds that a message may mention.
const (
	CrowdHere = "here" // who is online: they are among its mentions, at most MaxHere beside those named
	CrowdRoom = "room" // all members
)

// MaxHere is how many people @here adds to a message's mentions.
const MaxHere = 200
