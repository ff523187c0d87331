package auth

import (
	"bytes"
	"testing"
)

func TestACodeIsEightDigitsAndNoTwoFlowsAreAlike(t *testing.T) {
	codes, flows := map[string]bool{}, map[string]bool{}
	for range 1000 {
		code := NewCode()
		if len(code) != 8 || len(bytes.Trim([]byte(code), "0123456789")) > 0 {
			t.Fatalf("a code is %q", code)
		}
		codes[code], flows[NewFlow()] = true, true
	}
	if len(codes) < 998 || len(flows) != 1000 {
		t.Errorf("%d codes and %d flows of 1000", len(codes), len(flows))
	}
}

func TestACodeFitsItsFlowUnderEverySecretThatIsStillInUse(t *testing.T) {
	older, newer := NewSecret(), NewSecret()
	before, _ := newKeys(t, older)
	during, _ := newKeys(t, newer, older)
	after, _ := newKeys(t, newer)
	flow := NewFlow()
	hash := before.HashCode(flow, "12345678")
	if !before.CheckCode(flow, "12345678", hash) || !during.CheckCode(flow, "12345678", hash) {
		t.Error("the right code does not fit")
	}
	for name, fits := range map[string]bool{
		"after its secret is gone": after.CheckCode(flow, "12345678", hash),
		"another code":             during.CheckCode(flow, "12345679", hash),
		"another flow":             during.CheckCode(NewFlow(), "12345678", hash),
		"no code":                  during.CheckCode(flow, "", hash),
		"no hash":                  during.CheckCode(flow, "12345678", nil),
		"digits moved to the flow": during.CheckCode(flow+"1", "2345678", hash),
	} {
		if fits {
			t.Error(name + " fits")
		}
	}
}
