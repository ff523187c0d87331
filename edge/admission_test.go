package edge

import (
	"testing"

	"github.com/natter-chat/natter/chat"
)

func TestWhoMaySignUpIsWhatTheOperatorSays(t *testing.T) {
	const ada = `{"name":"ada","password":"correct horse"}`
	for mode, want := range map[chat.SignUpMode]chat.Code{chat.ModeClosed: chat.SignUpClosed, chat.ModeInvitation: chat.BadInvitation} {
		t.Run(string(mode), func(t *testing.T) {
			one := newWorld(t).edge(func(c *Config, _ *Deps) { c.SignUp = mode })
			one.join(t, "first")
			one.call(t, "POST", "/api/signup", ada).problem(t, 403, want)
		})
	}
}
