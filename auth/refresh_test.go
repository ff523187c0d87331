package auth

import (
	"encoding/base64"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/quick"

	"github.com/google/uuid"

	"github.com/natter-chat/natter/chat"
)

func TestARefreshTokenOpensToItsSessionAndGeneration(t *testing.T) {
	k, _ := newKeys(t)
	same := func(id [16]byte, generation uint32) bool {
		session := uuid.UUID(id).String()
		s, g, err := k.OpenRefresh(k.Refresh(session, generation))
		return err == nil && s == session && g == generation
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

func TestOnlyOurOwnRefreshTokensOpen(t *testing.T) {
	older, newer := NewSecret(), NewSecret()
	k, c := newKeys(t, newer, older)
	before, _ := newKeys(t, older)
	foreign, _ := newKeys(t)
	if _, _, err := k.OpenRefresh(before.Refresh(session, 7)); err != nil {
		t.Errorf("the older secret's token: %v", err)
	}
	good := k.Refresh(session, 7)
	raw, _ := base64.RawURLEncoding.DecodeString(good)
	next := append([]byte(nil), raw...)
	next[19]++ // the next generation, with this one's proof
	bad := map[string]string{
		"nothing":              "",
		"another's":            foreign.Refresh(session, 7),
		"the next generation":  base64.RawURLEncoding.EncodeToString(next),
		"cut":                  good[:len(good)-1],
		"longer":               good + "AAAA",
		"1 MB of dots":         strings.Repeat(".", 1<<20),
		"an access token":      k.goodForge(c.at).sign(t),
		"standard base64":      base64.StdEncoding.EncodeToString(raw),
		"a proof of no length": base64.RawURLEncoding.EncodeToString(raw[:refreshBody]),
		"all ones":             base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat("\xff", refreshBody+refreshMAC))),
	}
	for name, token := range bad {
		if s, g, err := k.OpenRefresh(token); !errors.Is(err, &chat.Error{Code: chat.Unauthenticated}) || s != "" || g != 0 {
			t.Errorf("%s: %q %d %v", name, s, g, err)
		}
	}
	for i := range raw {
		changed := append([]byte(nil), raw...)
		changed[i] ^= 1
		if _, _, err := k.OpenRefresh(base64.RawURLEncoding.EncodeToString(changed)); err == nil {
			t.Errorf("byte %d changed, and it opens", i)
		}
	}
	if _, g, err := k.OpenRefresh(k.Refresh(session, math.MaxUint32)); err != nil || g != math.MaxUint32 {
		t.Errorf("the last generation: %d %v", g, err)
	}
}

func TestATicketIsKnownByItsHashAlone(t *testing.T) {
	ticket, hash := NewTicket()
	other, _ := NewTicket()
	if got, err := HashTicket(ticket); err != nil || string(got) != string(hash) {
		t.Errorf("HashTicket: %x, %v; want %x", got, err, hash)
	}
	if got, err := HashTicket(other); err != nil || string(got) == string(hash) {
		t.Errorf("another ticket: %x, %v", got, err)
	}
	for _, bad := range []string{"", "x", ticket + "x", strings.Repeat("!", len(ticket)), strings.Repeat(".", 1<<20)} {
		if _, err := HashTicket(bad); !errors.Is(err, &chat.Error{Code: chat.Unauthenticated}) {
			t.Errorf("HashTicket(%.20q): %v", bad, err)
		}
	}
}
