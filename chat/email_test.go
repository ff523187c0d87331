package chat

import (
	"errors"
	"strings"
	"testing"
)

func TestPlainAddressesCanBeSomebodys(t *testing.T) {
	for _, address := range []string{"ada@example.org", "Ada.Lovelace+natter@mail.example.co.kr", "o'neil@xn--9n2bp8q.kr", "1@2.example",
		strings.Repeat("a", 64) + "@example.org"} {
		if err := CheckEmail(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestWhatCouldSendAMailElsewhereIsNoAddress(t *testing.T) {
	for _, address := range []string{"", "ada", "@example.org", "ada@", "ada@example", "ada@localhost", "ada@@example.org", "a b@example.org",
		" ada@example.org", "ada@example.org ", "ada@example.org\n", "ada@example.org\r\nBcc: eve@example.org", "ada\x00@example.org",
		"Ada <ada@example.org>", "<ada@example.org>", `"ada"@example.org`, `"a@b"@example.org`, "ada(eve)@example.org", "ada@[127.0.0.1]",
		"ada@example.org,eve@example.org", "ada@example.org;eve@example.org", ".ada@example.org", "ada.@example.org", "a..b@example.org",
		"ada@-example.org", "ada@example-.org", "ada@example..org", "ada@.example.org", "ada@example.org.", "ada@exa_mple.org",
		"ada@exаmple.org", "ada@ﬁrm.example", "ſam@example.org", "=?utf-8?q?ada?=@example.org\t",
		strings.Repeat("a", 65) + "@example.org", "a@" + strings.Repeat("a", 64) + ".org", "a@" + strings.Repeat("abcdefg.", 40) + "org"} {
		if err := CheckEmail(address); !errors.Is(err, &Error{Code: BadEmail}) {
			t.Errorf("%q: %v", address, err)
		}
	}
}
