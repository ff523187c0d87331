package chat

import (
	"strings"
	"testing"
)

func TestOneEmojiIsWhatUnicodeCallsASequence(t *testing.T) {
	for _, s := range []string{"👍", "👍🏽", "❤️", "🇰🇷", "#️⃣", "7️⃣", "👨‍👩‍👧‍👦", "🏳️‍🌈", "👩🏾‍💻", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🧑‍🤝‍🧑", "🧑🏽‍❤️‍💋‍🧑🏾", "☺️", "🫠", "‼️", "©️"} {
		if got, err := Emoji(s); err != nil || got != s {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
}

func TestWhatIsNotOneEmojiIsRefused(t *testing.T) {
	for _, s := range []string{"", "a", "7", "#", "👍👍", "👍 ", " 👍", "👍a", "🇰", "🇰🇷🇰", "\u200D", "\uFE0F", "👍\u200D", "\u200D👍", "\u20E3", "1\u20E3",
		"ok", "<b>", "\x00", "👍\x00", "\xff", "☺️☺️", "한", "é", "🏴\U000E0067", "\U000E007F", "👍\u202E", strings.Repeat("👩‍", 7) + "👩"} {
		if got, err := Emoji(s); CodeOf(err) != BadRequest {
			t.Errorf("%q is taken as %q", s, got)
		}
	}
}

// ❤ and ❤️ are one kind of reaction.
func TestAnEmojiHasOneForm(t *testing.T) {
	if got, err := Emoji("❤"); err != nil || got != "❤️" {
		t.Errorf("%q, %v", got, err)
	}
}

func FuzzEmojiHasOneForm(f *testing.F) {
	f.Add("❤")
	f.Add("👨‍👩‍👧‍👦")
	f.Fuzz(func(t *testing.T, s string) {
		one, err := Emoji(s)
		if err != nil {
			return
		}
		again, err := Emoji(one)
		if err != nil && len(one) <= MaxEmoji || err == nil && again != one {
			t.Errorf("%q is %q, which is %q, %v", s, one, again, err)
		}
		if strings.ContainsAny(s, "<>&\"' \t\r\n") {
			t.Errorf("%q passes", s)
		}
	})
}
