package chat

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns the form in which names and addresses are compared: compatibility
// forms (NFKC) and case are folded, so that neither "ADA" nor a full-width "ａｄａ"
// can be mistaken for "ada".
func Fold(name string) string {
	if simple(name) {
		return strings.ToLower(name)
	}
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(name)))
}

// simple reports whether folding makes capitals of ASCII small and nothing else:
// nothing in s but ASCII and Hangul's syllables, which those forms leave as they
// are. Most of what search reads is so, and is spared the tables for the others.
func simple(s string) bool {
	for _, c := range s {
		if c >= utf8.RuneSelf && (c < 0xAC00 || c > 0xD7A3) {
			return false
		}
	}
	return true
}
