package service_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/natter-chat/natter/internal/service"
)

func TestAVariableThatNobodyReadsIsFoundWithTheOneThatWasMeant(t *testing.T) {
	p := process("NATTER_SIGN_UP=closed", "NATTER_TRUSTED_PROXIS=1", "NATTER_XYZZY=1", "NATTER_DRAIN=1s", "NATTER_LISTEN=:1",
		"NATTER_QUEUE=", "NATTER_TEST_DATABASE_URL=x", "PATH=/bin")
	want := []service.UnknownVariable{{"NATTER_SIGN_UP", "NATTER_SIGNUP"}, {"NATTER_TRUSTED_PROXIS", "NATTER_TRUSTED_PROXIES"}, {"NATTER_XYZZY", ""}}
	if got := p.Unknown(); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestAProgramWarnsOfAVariableThatItDoesNotKnowAndKeepsItsValueToItself(t *testing.T) {
	p, out := process("DATABASE_URL=postgres://x", "NATTER_SECRETS=hush", "NATTER_LOG=warn"), &bytes.Buffer{}
	p.Err = out
	if code := p.Once(defaults(), func(context.Context, *service.Service) error { return nil }); code != 0 {
		t.Error(code)
	}
	for _, want := range []string{"level=WARN", "variable=NATTER_SECRETS", "closest=NATTER_SECRET"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing in %s", want, out)
		}
	}
	if strings.Contains(out.String(), "hush") {
		t.Error(out)
	}
}
