package command

//go:generate go test -count=1 -run TestTheConfigurationPageIsCurrent . -update

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/configuration.md instead of comparing it")

// Which variables any program knows, so that each can warn of all others.
const knownVariables = "../../internal/service/variables.txt"

const configurationIntro = `# Configuration

<!-- Written by go generate ./test/command from what the programs say of themselves. -->

Every program is configured by its environment. A variable that is empty counts as not set. What is wrong is said at the
start, all at once. The values in force are in the first lines of the log, without secrets.
`

// The page is what the programs answer to --help.
func TestTheConfigurationPageIsCurrent(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	page.WriteString(configurationIntro)
	for _, c := range []struct{ title, program, args string }{
		{"edge", "edge", "--help"}, {"persister", "persister", "--help"}, {"notifier", "notifier", "--help"},
		{"natter run", "natter", "help run"}, {"natter setup", "natter", "help setup"}, {"natter dead", "natter", "help dead"},
		{"natter verify", "natter", "help verify"},
	} {
		said, code := suite.binaries.Run(t, c.program, nil, strings.Fields(c.args)...)
		if code != 0 {
			t.Fatalf("%s %s ended with %d:\n%s", c.program, c.args, code, said)
		}
		fmt.Fprintf(&page, "\n## %s\n\n```\n%s\n```\n", c.title, strings.TrimSpace(strings.ReplaceAll(said, "\t", "    ")))
	}
	current(t, "../../docs/configuration.md", page.String())
	current(t, knownVariables, variablesOf(page.String()))
}

// variablesOf are the names in the tables, a line each.
func variablesOf(page string) string {
	names := map[string]bool{}
	for line := range strings.Lines(page) {
		if name, _, _ := strings.Cut(strings.TrimSpace(line), " "); strings.HasPrefix(line, "  NATTER_") {
			names[name] = true
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(names)), "\n") + "\n"
}

func current(t *testing.T, file, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(file); err != nil || string(have) != text {
		t.Errorf("%s is stale (%v): run go generate ./test/command", file, err)
	}
}
