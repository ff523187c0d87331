package edge

import (
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// AUDIT keeps everything for 90 days: nobody may fill it alone.
func TestWhatIsWrittenDownOfOnePersonIsBounded(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.AccountsPerMinute = 6000 })
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	for range notedAtOnce {
		if err := one.limits.spend(t.Context(), boundNoted, ada.id); err != nil {
			t.Fatal(err)
		}
	}
	before := w.lastSeqOf(events.Audit)
	ada.call(one, "POST", "/api/tokens", `{"name":"bot","scopes":["read"]}`).problem(t, 429, chat.RateLimited)
	ada.call(one, "PUT", "/api/me/password", `{"old_password":"correct horse","password":"another horse"}`).problem(t, 429, chat.RateLimited)
	one.call(t, "POST", "/api/login", `{"name":"ada","password":"correct horse"}`).problem(t, 429, chat.RateLimited)
	if n := w.lastSeqOf(events.Audit) - before; n != 0 {
		t.Errorf("%d things were written down", n)
	}
	one.call(t, "POST", "/api/login", `{"name":"ada","password":"wrong horse"}`).problem(t, 401, chat.WrongCredentials)
	one.call(t, "POST", "/api/login", `{"name":"bob","password":"correct horse"}`).must(t, 200)
	bob.program(one, "read")
	ada.call(one, "GET", "/api/me", "").must(t, 200)
}
