package service_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/internal/service"
)

// settings is a role's configuration as roles write them.
type settings struct {
	service.Config
	Database service.URL    `env:"DATABASE_URL" help:"where the tables are"`
	Secret   service.Secret `env:"NATTER_SECRET" help:"what keys are made of"`
	Bounds   struct {
		Rooms int `env:"ROOMS" envDefault:"7" help:"how many"`
	}
}

func (s *settings) Check() error {
	var missing error
	if s.Database == "" {
		missing = errors.New("DATABASE_URL is not set")
	}
	return errors.Join(s.Config.Check(), missing)
}

func defaults() *settings {
	return &settings{Config: service.Config{OpsListen: "127.0.0.1:0"}}
}

func process(environ ...string) service.Process {
	return service.Process{Role: "edge", About: "An edge.", Environ: environ, Host: "box", PID: 7,
		Out: &bytes.Buffer{}, Err: &bytes.Buffer{}}
}

func TestUnsetAndEmptyVariablesMeanTheDefault(t *testing.T) {
	got := defaults()
	err := process("DATABASE_URL=postgres://x", "NATTER_DRAIN=", "NATTER_LOG=").Load(got)
	if err != nil {
		t.Fatal(err)
	}
	if got.Drain != 15*time.Second || got.Log != slog.LevelInfo || got.OpsListen != "127.0.0.1:0" || got.Bounds.Rooms != 7 {
		t.Errorf("got %+v", got)
	}
	if got.Name != "edge-box-7" {
		t.Errorf("the instance is called %q", got.Name)
	}
}

func TestVariablesWinOverDefaults(t *testing.T) {
	got := defaults()
	err := process("DATABASE_URL=postgres://x", "NATTER_OPS_LISTEN=:9", "NATTER_DRAIN=3s", "NATTER_LOG=debug", "ROOMS=9").Load(got)
	if err != nil {
		t.Fatal(err)
	}
	if got.Drain != 3*time.Second || got.Log != slog.LevelDebug || got.OpsListen != ":9" || got.Bounds.Rooms != 9 {
		t.Errorf("got %+v", got)
	}
}

func TestEverythingThatIsWrongIsSaidAtOnce(t *testing.T) {
	err := process("NATTER_DRAIN=soon", "NATTER_LOG_FORMAT=xml", "NATTER_OPS_LISTEN=here", "NATTER_LOG=loud", "ROOMS=many").Load(defaults())
	if err == nil {
		t.Fatal("it was accepted")
	}
	for _, name := range []string{"NATTER_DRAIN", "NATTER_LOG_FORMAT", "NATTER_OPS_LISTEN", "NATTER_LOG:", "ROOMS", "DATABASE_URL"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing in:\n%v", name, err)
		}
	}
}

func TestHelpListsEveryVariableWithItsDefault(t *testing.T) {
	p, out := process(), &bytes.Buffer{}
	p.Args, p.Out = []string{"--help"}, out
	if code := service.Main(p, defaults(), nil); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{"An edge.", "NATTER_DRAIN", "(default 15s)", "NATTER_OPS_LISTEN", "(default 127.0.0.1:0)", "ROOMS", "how many (default 7)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out)
		}
	}
}

func TestSecretsAndCredentialsNeverShow(t *testing.T) {
	for name, value := range map[string]any{
		"a secret":             service.Secret("hush"),
		"a password":           service.URL("postgres://me:hush@db/natter"),
		"a token":              service.URL("nats://hush@a:4222,nats://hush@b:4222"),
		"a query":              service.URL("postgres://db/natter?password=hush"),
		"a keyword string":     service.URL("host=db password=hush"),
		"something unreadable": service.URL("://hush"),
	} {
		out := &bytes.Buffer{}
		slog.New(slog.NewTextHandler(out, nil)).Info("configuration", "value", value)
		fmt.Fprintf(out, "%v %s", value, value)
		if strings.Contains(out.String(), "hush") {
			t.Errorf("%s shows: %s", name, out)
		}
	}
	if got := service.URL("nats://hush@a:4222,nats://b:4222").String(); got != "nats://***@a:4222,nats://b:4222" {
		t.Errorf("got %s", got)
	}
}
