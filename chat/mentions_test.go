package chat_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
)

func TestMentions(t *testing.T) {
	cases := map[string][]string{
		"":                            nil,
		"no one":                      nil,
		"@ada":                        {"ada"},
		"hello @ada, and @bob!":       {"ada", "bob"},
		"@ada @ADA @Ada":              {"ada"},
		"@ada.":                       {"ada"},
		"(@jean-luc)":                 {"jean-luc"},
		"@a.b_c-d...":                 {"a.b_c-d"},
		"@김철수씨 안녕":                    {"김철수씨"},
		"ada@example.org":             nil,
		"ada1@bob":                    nil,
		"@@ada":                       {"ada"},
		"@":                           nil,
		"@ ada":                       nil,
		"@a":                          nil,
		"@-ada":                       nil,
		"@a..b":                       nil,
		"line\n@ada\r\n@bob":          {"ada", "bob"},
		"@ada@bob":                    {"ada"},
		"@" + strings.Repeat("a", 33): nil,
	}
	for text, want := range cases {
		if got := chat.MentionsIn(text); !slices.Equal(got, want) {
			t.Errorf("%q mentions %q, want %q", text, got, want)
		}
	}
}

func TestMentionsAreBounded(t *testing.T) {
	var text strings.Builder
	for i := range 200 {
		fmt.Fprintf(&text, "@user%d ", i)
	}
	if got := chat.MentionsIn(text.String()); len(got) != chat.MaxMentions {
		t.Errorf("%d people are mentioned", len(got))
	}
}

func TestWhatStandsInCodeMentionsNobody(t *testing.T) {
	cases := map[string][]string{
		"`@ada` and @bob":                {"bob"},
		"``@ada ` @eve`` @bob":           {"bob"},
		"``@ada` @bob":                   {"ada", "bob"}, // nothing closes it
		"```\n@ada\n```\n@bob":           {"bob"},
		"@bob\n```go\n@ada":              {"bob"}, // a block that is not closed goes to the end
		"see ``` @ada":                   {"ada"},
		"a`b`@ada":                       {"ada"},
		"`@here` @room1 `@room`":         {"room1"},
		strings.Repeat("`", 50) + "@ada": nil,
	}
	for text, want := range cases {
		if got := chat.MentionsIn(text); !slices.Equal(got, want) {
			t.Errorf("%q mentions %q, want %q", text, got, want)
		}
	}
}

func TestACrowdIsNobodysName(t *testing.T) {
	cases := map[string]string{
		"@here": "here", "@Room please": "room", "@here and @room": "room", "@room @here": "room",
		"@heretic": "", "room@here": "", "`@room`": "", "no": "",
	}
	for text, want := range cases {
		if got := chat.CrowdIn(text); got != want {
			t.Errorf("%q mentions the crowd %q, want %q", text, got, want)
		}
	}
	if got := chat.MentionsIn("@here @ada @Room"); !slices.Equal(got, []string{"ada"}) {
		t.Errorf("%q", got)
	}
}
