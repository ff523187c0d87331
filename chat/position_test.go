package chat_test

import (
	"math"
	"strings"
	"testing"
	"testing/quick"

	"github.com/natter-chat/natter/chat"
)

func TestAPositionIsReadAsItWasWritten(t *testing.T) {
	property := func(seq uint64) bool {
		want := chat.Position{Incarnation: "1f0c9a3e", Seq: seq >> 1}
		got, err := chat.ParsePosition(want.String())
		return err == nil && got == want
	}
	if err := quick.Check(property, nil); err != nil {
		t.Error(err)
	}
}

func TestOnlyTheCanonicalFormIsAPosition(t *testing.T) {
	for _, bad := range []string{"", "-", "42", "1f0c9a3e", "1f0c9a3e-", "1f0c9a3e--1", "1f0c9a3e-+1", "1f0c9a3e-01", "1f0c9a3e-1 ",
		" 1f0c9a3e-1", "1F0C9A3E-1", "1f0c9a3-1", "1f0c9a3e1-1", "1f0c9a3g-1", "1f0c9a3e-1e3", "1f0c9a3e-0x1", "1f0c9a3e-1\r\n",
		"1f0c9a3e-9223372036854775808", "1f0c9a3e-18446744073709551616", "1f0c9a3e-" + strings.Repeat("9", 1<<20), "1f0c9a3e-١"} {
		if got, err := chat.ParsePosition(bad); chat.CodeOf(err) != chat.BadPosition {
			t.Errorf("%.40q is read as %v, %v", bad, got, err)
		}
	}
	if got, err := chat.ParsePosition("1f0c9a3e-9223372036854775807"); err != nil || got.Seq != math.MaxInt64 {
		t.Errorf("the largest position is read as %v, %v", got, err)
	}
}

func FuzzParsePosition(f *testing.F) {
	for _, seed := range []string{"1f0c9a3e-42", "1f0c9a3e-0", "1f0c9a3e-", "--", "00000000-9223372036854775807"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := chat.ParsePosition(s); err == nil && p.String() != s {
			t.Errorf("%q is read as %q", s, p)
		}
	})
}
