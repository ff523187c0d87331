package chat_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/natter-chat/natter/chat"
)

func TestNamesOfUsers(t *testing.T) {
	good := []string{"ada", "bo", "김철수", "Ünal", "jean-luc", "a.b_c-d", "नमस्ते", "x1", strings.Repeat("a", 32), "e\u0301va"}
	bad := []string{"", "a", strings.Repeat("a", 33), " ada", "ada ", "a b", ".ada", "ada.", "a..b", "a._b", "@ada", "a/b", "a\x00b", "a\nb",
		"a\r\nb", "ad\u200ba", "ad\u202ea", "ad\u2066a", "\u0301va", "a" + strings.Repeat("\u0301", 4), "\xff\xfe", "<b>", "a\ufeffb", "😀😀"}
	for _, name := range good {
		if err := chat.CheckUserName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range bad {
		if chat.CodeOf(chat.CheckUserName(name)) != chat.BadName {
			t.Errorf("%q is accepted as a user's name", name)
		}
	}
}

func TestNamesOfRooms(t *testing.T) {
	good := []string{"x", "Engine room", "방 하나", "C++ & Go!", "<b>", strings.Repeat("가", 64), "😀"}
	bad := []string{"", " ", " x", "x ", "a  b", "a\tb", "a\nb", "a\x00", strings.Repeat("a", 65), "a\u200bb", "a\u202eb", "\xff",
		"a" + strings.Repeat("\u0301", 4), "a\u00a0b"}
	for _, name := range good {
		if err := chat.CheckRoomName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range bad {
		if chat.CodeOf(chat.CheckRoomName(name)) != chat.BadName {
			t.Errorf("%q is accepted as a room's name", name)
		}
	}
}

func TestTexts(t *testing.T) {
	good := []string{"x", " x ", "line\r\nline", "data: x\n\n", strings.Repeat("x", 8000), strings.Repeat("\u0301", 4000), "\u202ex", "👍", "❤\ufe0f", "한", "\u115f\u1161", "\u200b.", "\u06dd"}
	bad := []string{"", " \n\t", "\u3000", "\u202e", "\u200b", "\ufeff \u200b\n", "\u3164", "\u115f\uffa0", "\ufe0f", "\u200d", "\u2800", "\u00ad", "\x01", "a\x00b", "\xff", "a\xed\xa0\x80", strings.Repeat("x", 8001)}
	for _, text := range good {
		if err := chat.CheckText(text); err != nil {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	for _, text := range bad {
		if chat.CodeOf(chat.CheckText(text)) != chat.BadText {
			t.Errorf("%.20q is accepted as a text", text)
		}
	}
}

func TestPasswords(t *testing.T) {
	for password, good := range map[string]bool{
		"12345678": true, "비밀번호여덟글자": true, strings.Repeat("x", 256): true,
		"1234567": false, "": false, strings.Repeat("x", 257): false, "1234567\xff": false, "가가": false,
	} {
		if err := chat.CheckPassword(password); good != (err == nil) {
			t.Errorf("%.20q: %v", password, err)
		}
	}
}

// FuzzChecks holds the promise that PostgreSQL can store what passes: text
// without NUL in valid UTF-8. The limits hold too.
func FuzzChecks(f *testing.F) {
	for _, seed := range []string{"ada", "김철수", "a\x00b", "\xff", "\u202e", "a b", strings.Repeat("가", 70), "e\u0301"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		storable := utf8.ValidString(s) && !strings.ContainsRune(s, 0)
		if chat.CheckText(s) == nil && (!storable || len(s) > chat.MaxText) {
			t.Errorf("text %q", s)
		}
		if chat.CheckRoomName(s) == nil && (!storable || utf8.RuneCountInString(s) > chat.MaxRoomName) {
			t.Errorf("room name %q", s)
		}
		if chat.CheckUserName(s) != nil {
			return
		}
		if !storable || utf8.RuneCountInString(s) > chat.MaxName || strings.ContainsFunc(s, unicode.IsSpace) {
			t.Errorf("user name %q", s)
		}
		// Whoever may have a name can be mentioned by it.
		if got := chat.MentionsIn("hi @" + s + ", and @" + s + "!"); len(got) != 1 || got[0] != s {
			t.Errorf("@%s mentions %q", s, got)
		}
	})
}
