package command

import (
	"strings"
	"testing"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/test/cluster"
)

func TestRolesRefuseWhatIsNotSetUpAndSetupMayBeRepeated(t *testing.T) {
	t.Parallel()
	nats := testenv.StartNATS(t, local.NATSOptions{Dir: t.TempDir()})
	database := testenv.StartPostgres(t, local.PostgresOptions{})
	env := []string{"NATS_URL=" + nats.URL(), "NATS_MONITOR_URL=" + nats.MonitorURL(), "DATABASE_URL=" + database.URL(), "NATTER_SECRET=" + auth.NewSecret(), "NATTER_MAILBOX=" + t.TempDir()}
	for _, role := range []string{"edge", "persister", "notifier"} {
		said, code := suite.binaries.Run(t, role, env)
		if code != 1 || !strings.Contains(cluster.LastLine(said), "stream CHAT does not exist") || !strings.Contains(cluster.LastLine(said), "natter setup") {
			t.Errorf("%s ended with %d:\n%s", role, code, said)
		}
	}
	for range 2 {
		if said, code := suite.binaries.Run(t, "natter", env, "setup"); code != 0 {
			t.Fatalf("setup ended with %d:\n%s", code, said)
		}
	}
	if said, code := suite.binaries.Run(t, "natter", env, "dead"); code != 0 || !strings.Contains(said, "0 dead letters") {
		t.Errorf("natter dead ended with %d:\n%s", code, said)
	}
	if said, code := suite.binaries.Run(t, "natter", env, "dead", "-discard", "17"); code != 1 || !strings.Contains(said, "There is no dead letter #17") {
		t.Errorf("natter dead -discard ended with %d:\n%s", code, said)
	}
	empty := testenv.StartPostgres(t, local.PostgresOptions{})
	for _, role := range []string{"edge", "persister"} {
		said, code := suite.binaries.Run(t, role, append(env, "DATABASE_URL="+empty.URL()))
		if code != 1 || !strings.Contains(cluster.LastLine(said), "the database is empty: run natter setup") {
			t.Errorf("%s ended with %d:\n%s", role, code, said)
		}
	}
}

func TestRolesSayWhichServerDoesNotAnswer(t *testing.T) {
	t.Parallel()
	said, code := suite.binaries.Run(t, "notifier", []string{"NATS_URL=nats://token:hush@127.0.0.1:1", "DATABASE_URL=postgres://natter@127.0.0.1:1/natter"})
	if code != 1 || !strings.Contains(cluster.LastLine(said), "does not answer (NATS_URL)") {
		t.Errorf("ended with %d:\n%s", code, said)
	}
	if strings.Contains(said, "hush") {
		t.Errorf("it shows a credential:\n%s", said)
	}
}

func TestRolesSayAllThatIsWrongWithTheirConfiguration(t *testing.T) {
	t.Parallel()
	said, code := suite.binaries.Run(t, "edge", []string{"NATS_URL=http://x", "NATTER_DRAIN=soon", "NATTER_SECRET=short", "NATTER_ORIGINS=chat.example.org"})
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
		if said, code := suite.binaries.Run(t, "natter", nil, strings.Fields(args)...); code != 0 || !strings.Contains(said, words) {
			t.Errorf("natter %s ended with %d:\n%s", args, code, said)
		}
	}
	for args, words := range map[string]string{"": "natter run", "fly": "does not know", "run -fly": "natter help run", "run away": "takes flags only",
		"secret now": "takes nothing", "run -listen 127.0.0.1:8080,127.0.0.1:8080": "-listen names 127.0.0.1:8080 twice"} {
		if said, code := suite.binaries.Run(t, "natter", nil, strings.Fields(args)...); code != 2 || !strings.Contains(said, words) {
			t.Errorf("natter %s ended with %d:\n%s", args, code, said)
		}
	}
	for _, asked := range []string{"--help", "-help", "-h"} {
		if said, code := suite.binaries.Run(t, "natter", nil, "secret", asked); code != 0 || !strings.Contains(said, "for NATTER_SECRET") {
			t.Errorf("natter secret %s ended with %d:\n%s", asked, code, said)
		}
	}
	said, code := suite.binaries.Run(t, "natter", nil, "secret")
	if _, err := auth.ParseSecrets(strings.TrimSpace(said)); code != 0 || err != nil {
		t.Errorf("natter secret printed %q (%v)", said, err)
	}
}
