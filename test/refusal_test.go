package test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/testenv"
)

// command runs one of natter's programs to its end.
func command(t *testing.T, name string, env []string, args ...string) (said string, code int) {
	t.Helper()
	path, err := suite.binaries.Path(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "NATTER_OPS_LISTEN=127.0.0.1:0", "NATTER_LISTEN=127.0.0.1:0"}, env...)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("%s did not end:\n%s", name, out)
	}
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func lastLine(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return lines[len(lines)-1]
}

func TestRolesRefuseWhatIsNotSetUpAndSetupMayBeRepeated(t *testing.T) {
	t.Parallel()
	nats := testenv.StartNATS(t, local.NATSOptions{Dir: t.TempDir()})
	database := testenv.StartPostgres(t, local.PostgresOptions{})
	env := []string{"NATS_URL=" + nats.URL(), "NATS_MONITOR_URL=" + nats.MonitorURL(), "DATABASE_URL=" + database.URL(), "NATTER_SECRET=" + auth.NewSecret(), "NATTER_MAILBOX=" + t.TempDir()}
	for _, role := range []string{"edge", "persister", "notifier"} {
		said, code := command(t, role, env)
		if code != 1 || !strings.Contains(lastLine(said), "stream CHAT does not exist") || !strings.Contains(lastLine(said), "natter setup") {
			t.Errorf("%s ended with %d:\n%s", role, code, said)
		}
	}
	for range 2 {
		if said, code := command(t, "natter", env, "setup"); code != 0 {
			t.Fatalf("setup ended with %d:\n%s", code, said)
		}
	}
	if said, code := command(t, "natter", env, "dead"); code != 0 || !strings.Contains(said, "0 dead letters") {
		t.Errorf("natter dead ended with %d:\n%s", code, said)
	}
	if said, code := command(t, "natter", env, "dead", "-discard", "17"); code != 1 || !strings.Contains(said, "There is no dead letter #17") {
		t.Errorf("natter dead -discard ended with %d:\n%s", code, said)
	}
	empty := testenv.StartPostgres(t, local.PostgresOptions{})
	for _, role := range []string{"edge", "persister"} {
		said, code := command(t, role, append(env, "DATABASE_URL="+empty.URL()))
		if code != 1 || !strings.Contains(lastLine(said), "the database is empty: run natter setup") {
			t.Errorf("%s ended with %d:\n%s", role, code, said)
		}
	}
}

func TestRolesSayWhichServerDoesNotAnswer(t *testing.T) {
	t.Parallel()
	said, code := command(t, "notifier", []string{"NATS_URL=nats://token:hush@127.0.0.1:1"})
	if code != 1 || !strings.Contains(lastLine(said), "does not answer (NATS_URL)") {
		t.Errorf("ended with %d:\n%s", code, said)
	}
	if strings.Contains(said, "hush") {
		t.Errorf("it shows a credential:\n%s", said)
	}
}

func TestRolesSayAllThatIsWrongWithTheirConfiguration(t *testing.T) {
	t.Parallel()
	said, code := command(t, "edge", []string{"NATS_URL=http://x", "NATTER_DRAIN=soon", "NATTER_SECRET=short", "NATTER_ORIGINS=chat.example.org"})
	if code != 2 {
		t.Errorf("ended with %d", code)
	}
	for _, name := range []string{"NATS_URL", "NATTER_DRAIN", "NATTER_SECRET", "NATTER_ORIGINS", "DATABASE_URL is not set"} {
		if !strings.Contains(said, name) {
			t.Errorf("%s is missing in:\n%s", name, said)
		}
	}
}

func TestTheToolExplainsItself(t *testing.T) {
	t.Parallel()
	for args, words := range map[string]string{
		"help": "natter run", "help run": "-listen", "help setup": "-replicas", "run -h": "-data",
		"help dead": "-consumer", "version": "natter ", "setup --help": "DATABASE_URL", "help secret": "NATTER_SECRET",
	} {
		if said, code := command(t, "natter", nil, strings.Fields(args)...); code != 0 || !strings.Contains(said, words) {
			t.Errorf("natter %s ended with %d:\n%s", args, code, said)
		}
	}
	for args, words := range map[string]string{"": "natter run", "fly": "does not know", "run -fly": "natter help run", "run away": "takes flags only",
		"secret now": "takes nothing", "run -listen 127.0.0.1:8080,127.0.0.1:8080": "-listen names 127.0.0.1:8080 twice"} {
		if said, code := command(t, "natter", nil, strings.Fields(args)...); code != 2 || !strings.Contains(said, words) {
			t.Errorf("natter %s ended with %d:\n%s", args, code, said)
		}
	}
	for _, asked := range []string{"--help", "-help", "-h"} {
		if said, code := command(t, "natter", nil, "secret", asked); code != 0 || !strings.Contains(said, "for NATTER_SECRET") {
			t.Errorf("natter secret %s ended with %d:\n%s", asked, code, said)
		}
	}
	said, code := command(t, "natter", nil, "secret")
	if _, err := auth.ParseSecrets(strings.TrimSpace(said)); code != 0 || err != nil {
		t.Errorf("natter secret printed %q (%v)", said, err)
	}
}
