package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits that clients see.
const (
	MaxText        = 8000   // bytes of a message
	MaxName        = 32     // runes of a user's name
	MaxRoomName    = 64     // runes of a room's name
	MinPassword    = 8      // runes
	MaxPassword    = 256    // bytes
	MaxMentions    = 50     // people a message can mention
	MaxReactions   = 20     // kinds of emoji at one message
	MaxPins        = 50     // pinned messages of one room
	MaxRooms       = 500    // rooms of one person
	MaxMembers     = 10_000 // people in one room; the lobby has no bound
	MaxPage        = 100    // entries of one page
	UnreadCounted  = 100    // unread messages are counted up to here
	MaxInvitations = 1000   // open invitations of one room
	MaxSessions    = 5      // of one person, unless the operator says otherwise
)

// CheckText reports whether a message can be stored and shown.
func CheckText(text string) error {
	switch {
	case len(text) > MaxText:
		return &Error{Code: BadText, Field: "text", Detail: "The message is too long: 8000 bytes are allowed."}
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return &Error{Code: BadText, Field: "text", Detail: "The message is not text: it must be UTF-8 without NUL."}
	case !strings.ContainsFunc(text, shows):
		return &Error{Code: BadText, Field: "text", Detail: "The message is empty."}
	}
	return nil
}

// shows reports whether there is something to see of a character by itself: not
// of spaces, joiners, selectors and fillers.
func shows(r rune) bool {
	if unicode.Is(unicode.Prepended_Concatenation_Mark, r) { // of Cf, and seen: ۝
		return true
	}
	return !unicode.IsSpace(r) && !unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) && r != brailleBlank
}

const brailleBlank = '\u2800'

// CheckUserName reports whether name can be a user's: letters, digits and
// combining marks of any script, with single . _ - between them. Spaces and
// invisible or direction-changing characters are not allowed, so that a name
// can be mentioned and cannot imitate another.
func CheckUserName(name string) error {
	bad := &Error{Code: BadName, Field: "name", Detail: "A name has 2 to 32 letters or digits, with single . _ - between them."}
	n := utf8.RuneCountInString(name)
	if !utf8.ValidString(name) || n < 2 || n > MaxName {
		return bad
	}
	joint, marks := true, 0
	for _, r := range name {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			joint, marks = false, 0
		case unicode.IsMark(r) && !joint && marks < 3:
			marks++
		case strings.ContainsRune("._-", r) && !joint:
			joint = true
		default:
			return bad
		}
	}
	if joint {
		return bad
	}
	return nil
}

// CheckRoomName reports whether name can be a room's: printable, trimmed,
// single spaces.
func CheckRoomName(name string) error {
	bad := &Error{Code: BadName, Field: "name", Detail: "A room's name has 1 to 64 visible characters, with single spaces between words."}
	n := utf8.RuneCountInString(name)
	if !utf8.ValidString(name) || n < 1 || n > MaxRoomName || strings.TrimSpace(name) != name || strings.Contains(name, "  ") {
		return bad
	}
	marks := 0
	for _, r := range name {
		if unicode.IsMark(r) {
			marks++
		} else {
			marks = 0
		}
		if !unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) || marks > 3 {
			return bad
		}
	}
	return nil
}

// CheckPassword reports whether a password may be chosen.
func CheckPassword(password string) error {
	if !utf8.ValidString(password) || utf8.RuneCountInString(password) < MinPassword || len(password) > MaxPassword {
		return &Error{Code: BadPassword, Field: "password", Detail: "A password has at least 8 characters and at most 256 bytes."}
	}
	return nil
}
