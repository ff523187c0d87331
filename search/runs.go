package search

import (
	"unicode"
	"unicode/utf8"

	"github.com/natter-chat/natter/chat"
)

// run is a piece of a folded text: a word, or characters of scripts that put no
// spaces between words.
type run struct {
	text    string
	unbound bool // of such a script
}

// unspaced are the scripts in which a word is found inside of a run.
var unspaced = []*unicode.RangeTable{unicode.Hangul, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar}

// kind is what a character is to a run.
type kind byte

const (
	divides kind = iota
	spaced
	unbound
	either // goes on with what is before it
)

func kindOf(r rune) kind {
	switch {
	case r < utf8.RuneSelf:
		if '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
			return spaced
		}
		return divides
	case 0xAC00 <= r && r <= 0xD7A3: // Hangul's syllables
		return unbound
	case r == 'ー': // of both kana
		return unbound
	case unicode.In(r, unspaced...) && (unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)):
		return unbound
	case unicode.IsMark(r):
		return either
	case unicode.IsLetter(r) || unicode.IsNumber(r):
		return spaced
	}
	return divides
}

// runs divides a text.
func runs(text string) []run { return divide(chat.Fold(text)) }

func divide(folded string) []run {
	all := make([]run, 0, 8+len(folded)/8) // as many as most texts have
	start, now := 0, divides
	for i, r := range folded {
		k := kindOf(r)
		if k == either {
			k = now
		}
		if k == now {
			continue
		}
		if now != divides {
			all = append(all, run{folded[start:i], now == unbound})
		}
		start, now = i, k
	}
	if now != divides {
		all = append(all, run{folded[start:], now == unbound})
	}
	return all
}
