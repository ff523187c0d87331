package chat_test

import (
	"testing"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/natter-chat/natter/chat"
)

// Most texts are folded without the tables for the others, and as the tables do.
func TestFoldingIsOfUnicodesTables(t *testing.T) {
	fold := func(s string) string { return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(s))) }
	check := func(t interface{ Errorf(string, ...any) }, s string) {
		if got, want := chat.Fold(s), fold(s); got != want {
			t.Errorf("%+q is folded to %+q instead of %+q", s, got, want)
		}
	}
	for r := range rune(0x3000) { // with what composes with it, of ASCII, of Hangul and of neither
		for _, s := range []string{string(r), "A" + string(r), "가" + string(r), string(r) + "\u0301"} {
			check(t, s)
		}
	}
	for r := rune(0xABF0); r < 0xD7FF; r++ {
		check(t, string(r)+"Z"+string(r))
	}
	letters := rapid.SampledFrom([]rune("aZ09 !가각힣\u1100\u1161\u11a8\u0301\u3000Ａßİ\u200b\xffé"))
	rapid.Check(t, func(t *rapid.T) { check(t, string(rapid.SliceOf(letters).Draw(t, "text"))) })
}
