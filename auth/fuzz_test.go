package auth

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Whatever somebody shows as a token, it is refused as such or is one of ours
// to the last byte.
func FuzzTokens(f *testing.F) {
	secrets, err := ParseSecrets(NewSecret())
	if err != nil {
		f.Fatal(err)
	}
	noon := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	keys, err := NewKeys(secrets, func() time.Time { return noon })
	if err != nil {
		f.Fatal(err)
	}
	user := events.Person{ID: chat.NewID(), Name: "ada"}
	session := chat.NewID()
	access, _, err := keys.Access(user, session)
	if err != nil {
		f.Fatal(err)
	}
	refresh := keys.Refresh(session, 7)
	ticket, _ := NewTicket()
	personal, hash := NewPersonal()
	for _, seed := range []string{access, refresh, ticket, personal, tokenPrefix, "", ".", "..", strings.Repeat(".", maxToken), access + ".", strings.ToUpper(refresh), "e30.e30.", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		who, err := keys.Verify(token)
		expectRefusal(t, "access", err, token == access)
		if err == nil && (who.User != user || who.Session != session) {
			t.Errorf("%q speaks for %+v", token, who)
		}
		id, generation, err := keys.OpenRefresh(token)
		expectRefusal(t, "refresh", err, token == refresh)
		if err == nil && (id != session || generation != 7) {
			t.Errorf("%q opens %s, %d", token, id, generation)
		}
		shown, err := HashPersonal(token)
		if err != nil {
			expectRefusal(t, "personal", err, token == personal)
		} else if !IsPersonal(token) || (token == personal) != bytes.Equal(shown, hash) {
			t.Errorf("%q has the hash %x", token, shown)
		}
		if _, err := HashTicket(token); err != nil {
			expectRefusal(t, "ticket", err, false)
		}
	})
}

func expectRefusal(t *testing.T, kind string, err error, ours bool) {
	t.Helper()
	if ours != (err == nil) || err != nil && chat.CodeOf(err) != chat.Unauthenticated {
		t.Errorf("as %s token: %v, and ours is %t", kind, err, ours)
	}
}
