package chat

import (
	"strings"
	"testing"
)

func TestWhateverSomebodyCallsThemselvesBecomesAName(t *testing.T) {
	for wish, want := range map[string]string{
		"ada": "ada", "Ada_L": "Ada_L", "Ada Lovelace": "Ada.Lovelace", "  ada  ": "ada", "a": "guest", "": "guest", "@ada@example.org": "ada.example.org",
		"<script>": "script", "ada\u202egro": "ada.gro", "에이다": "에이다", "\xff\x00": "guest", "..ada..": "ada", "---": "guest",
		strings.Repeat("x", 100): strings.Repeat("x", 23), strings.Repeat("x ", 100): strings.TrimSuffix(strings.Repeat("x.", 12), "."),
	} {
		names := SuggestNames([]string{wish})
		if names[0] != want {
			t.Errorf("%q: %q, want %q", wish, names[0], want)
		}
		for _, name := range names {
			if err := CheckUserName(name); err != nil {
				t.Errorf("%q: %q is no name", wish, name)
			}
		}
	}
}
