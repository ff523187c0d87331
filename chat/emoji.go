package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxEmoji bounds one emoji, in bytes: it may be a sequence, such as a kiss of two
// people with a skin tone each, the longest that Unicode recommends: 35 bytes.
const MaxEmoji = 48

const (
	asEmoji   = '\uFE0F' // shows the one before it as an emoji
	joiner    = '\u200D'
	keycap    = '\u20E3'
	blackFlag = '\U0001F3F4'
	tagEnd    = '\U000E007F'
)

// Emoji returns the one emoji that s is, as it is stored and compared: a
// character that has to be asked to look like an emoji (❤) is asked. bad_request
// for anything else. The grammar is that of Unicode's emoji sequences (UTS #51,
// section 1.4.9), in which no text hides.
func Emoji(s string) (string, error) {
	bad := &Error{Code: BadRequest, Field: "emoji", Detail: "This is not one emoji."}
	if len(s) == 0 || len(s) > MaxEmoji || !utf8.ValidString(s) {
		return "", bad
	}
	runes := []rune(s)
	if len(runes) == 2 && isFlagLetter(runes[0]) && isFlagLetter(runes[1]) {
		return s, nil
	}
	if len(runes) == 1 && isPictograph(runes[0]) && !unicode.Is(emojiShown, runes[0]) {
		return s + string(asEmoji), nil
	}
	for rest := runes; ; {
		n := emojiElement(rest)
		switch {
		case n == 0:
			return "", bad
		case n == len(rest):
			return s, nil
		case rest[n] != joiner:
			return "", bad
		}
		rest = rest[n+1:]
	}
}

// emojiElement returns how many runes the emoji at the front has; 0: there is none.
func emojiElement(s []rune) int {
	switch {
	case len(s) == 0:
		return 0
	case strings.ContainsRune("0123456789#*", s[0]):
		if len(s) >= 3 && s[1] == asEmoji && s[2] == keycap {
			return 3
		}
		return 0
	case !isPictograph(s[0]):
		return 0
	case len(s) > 1 && s[0] == blackFlag && isTag(s[1]):
		for i, r := range s[1:] {
			if r == tagEnd {
				return i + 2
			}
			if !isTag(r) {
				return 0
			}
		}
		return 0
	case len(s) > 1 && (s[1] == asEmoji || isSkinTone(s[1])):
		return 2
	default:
		return 1
	}
}

// isPictograph reports whether r can be an emoji by itself.
func isPictograph(r rune) bool {
	return r > unicode.MaxASCII && unicode.Is(emojiRunes, r) && !isFlagLetter(r)
}

func isFlagLetter(r rune) bool { return r >= '\U0001F1E6' && r <= '\U0001F1FF' }
func isSkinTone(r rune) bool   { return r >= '\U0001F3FB' && r <= '\U0001F3FF' }
func isTag(r rune) bool        { return r >= '\U000E0020' && r <= '\U000E007E' }
