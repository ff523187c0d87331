package chat

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// SuggestNames returns names that somebody may have who calls themselves by
// these, best first: each as it is as far as the rules for names allow, then the
// first of them with a number, and at the end one that hardly anybody has.
func SuggestNames(wishes []string) []string {
	var names []string
	for _, wish := range wishes {
		if name := allowed(wish); CheckUserName(name) == nil {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		names = []string{"guest"}
	}
	first := names[0]
	for n := 2; n < 10; n++ {
		names = append(names, first+strconv.Itoa(n))
	}
	id := NewID()
	names = append(names, first+"-"+id[len(id)-8:])
	return names
}

// room is what a name leaves for a number or the end of an id.
const room = 9

// allowed keeps the letters and digits of a wish that is no name, and puts one
// dot for whatever stands between them.
func allowed(wish string) string {
	if CheckUserName(wish) == nil && utf8.RuneCountInString(wish) <= MaxName-room {
		return wish
	}
	words := strings.FieldsFunc(strings.ToValidUTF8(wish, ""), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
	name := strings.Join(words, ".")
	for utf8.RuneCountInString(name) > MaxName-room {
		_, size := utf8.DecodeLastRuneInString(name)
		name = strings.TrimSuffix(name[:len(name)-size], ".")
	}
	return name
}
