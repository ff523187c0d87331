package chat

import (
	"slices"
	"strings"
	"unicode"
)

// Crowds that a message can mention.
const (
	CrowdHere = "here" // all members who are online
	CrowdRoom = "room" // all members
)

// MentionsIn returns the names after an @ in text, in order, each once, at most
// MaxMentions. A name that nobody bears is no error: the caller looks them up.
// What stands in code mentions nobody, and @here and @room are nobody's name.
func MentionsIn(text string) []string {
	names := slices.DeleteFunc(namesIn(text), isCrowd)
	return names[:min(len(names), MaxMentions)]
}

// CrowdIn returns the crowd that the text mentions, the larger of two, or "".
func CrowdIn(text string) (crowd string) {
	for _, name := range namesIn(text) {
		if isCrowd(name) && crowd != CrowdRoom {
			crowd = strings.ToLower(name)
		}
	}
	return crowd
}

func isCrowd(name string) bool {
	return strings.EqualFold(name, CrowdHere) || strings.EqualFold(name, CrowdRoom)
}

// namesIn returns what stands after an @ and could be a name, each once.
func namesIn(text string) []string {
	if !strings.Contains(text, "@") {
		return nil
	}
	text = withoutCode(text)
	var names []string
	seen := map[string]bool{}
	prev := ' '
	for i, r := range text {
		if r == '@' && !unicode.IsLetter(prev) && !unicode.IsDigit(prev) {
			name := text[i+1:]
			if end := strings.IndexFunc(name, notName); end >= 0 {
				name = name[:end]
			}
			name = strings.TrimRight(name, "._-")
			key := strings.ToLower(name)
			if CheckUserName(name) == nil && !seen[key] {
				seen[key] = true
				names = append(names, name)
			}
		}
		prev = r
	}
	return names
}

func notName(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune("._-", r)
}

// withoutCode returns the text with a line break for each span of code: a run of
// backticks up to the next run of as many, or, for three and more that begin a
// line, to the end if there is none. That is how Markdown has it (CommonMark 0.31,
// sections 4.5 and 6.1).
func withoutCode(text string) string {
	var out strings.Builder
	for {
		start := strings.IndexByte(text, '`')
		if start < 0 {
			break
		}
		open := ticks(text[start:])
		code := text[start+open:]
		end := closing(code, open)
		fence := open >= 3 && strings.TrimLeft(text[strings.LastIndexByte(text[:start], '\n')+1:start], " ") == ""
		switch {
		case end >= 0:
			out.WriteString(text[:start] + "\n")
			text = code[end:]
		case fence:
			return out.String() + text[:start]
		default:
			out.WriteString(text[:start+open])
			text = code
		}
	}
	return out.String() + text
}

// closing returns where in code the run of exactly n backticks ends; -1: there is none.
func closing(code string, n int) int {
	for at := 0; ; {
		next := strings.IndexByte(code[at:], '`')
		if next < 0 {
			return -1
		}
		at += next
		run := ticks(code[at:])
		if at += run; run == n {
			return at
		}
	}
}

// ticks counts the backticks at the front.
func ticks(s string) int { return len(s) - len(strings.TrimLeft(s, "`")) }
