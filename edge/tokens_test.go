package edge

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
)

func TestATokenIsVerifiedOnceUntilItExpires(t *testing.T) {
	now := time.Now()
	calls := 0
	verify := func(token string) (chat.Principal, error) {
		calls++
		return chat.Principal{Session: token, Expires: now.Add(time.Minute)}, nil
	}
	v := newVerified()
	for range 3 {
		if who, err := v.who("a", now, verify); err != nil || who.Session != "a" {
			t.Fatal(who, err)
		}
	}
	if who, _ := v.who("b", now, verify); who.Session != "b" || calls != 2 {
		t.Errorf("after two tokens: %v, %d verifications", who, calls)
	}
	refused := errors.New("expired")
	_, err := v.who("a", now.Add(time.Minute), func(string) (chat.Principal, error) { return chat.Principal{}, refused })
	if !errors.Is(err, refused) {
		t.Errorf("an expired token: %v", err)
	}
}

func TestARefusalIsNotRemembered(t *testing.T) {
	v := newVerified()
	if _, err := v.who("a", time.Now(), func(string) (chat.Principal, error) { return chat.Principal{}, errors.New("no") }); err == nil {
		t.Error("accepted")
	}
	if len(v.young)+len(v.old) > 0 {
		t.Error("remembered")
	}
}

func TestTheMemoryOfTokensIsBounded(t *testing.T) {
	v := newVerified()
	now := time.Now()
	verify := func(string) (chat.Principal, error) { return chat.Principal{Expires: now.Add(time.Hour)}, nil }
	for i := range 5 * verifiedAtMost {
		if _, err := v.who(fmt.Sprint(i), now, verify); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(v.young) + len(v.old); n > 2*verifiedAtMost {
		t.Errorf("%d tokens are remembered", n)
	}
}
