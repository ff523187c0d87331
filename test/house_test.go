package test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the path that all of natter's packages begin with.
const module = "github.com/natter-chat/natter/"

// pkg is a package of natter's as go list describes it, its paths without the
// module's.
type pkg struct {
	ImportPath   string
	Imports      []string // of the package itself
	TestImports  []string // of its tests
	XTestImports []string
	Deps         []string // all that it reaches, without its tests
}

// tier is where a part of the house stands. Arrows only go down.
type tier struct {
	name  string
	parts []string // packages; "x/..." is x and what is below it
	may   []string // what of natter's its packages may import, besides themselves
}

// tiers is the house of the design, from top to bottom.
var tiers = []tier{
	{"a test", []string{"test/...", "bench/..."}, []string{"..."}},
	{"a main", []string{"cmd/..."}, []string{"internal/service", "internal/roles/...", "internal/local", "internal/hasher",
		"edge", "persister", "notifier", "audit", "jetstream", "sql", "auth", "mail", "oidc", "web", "events", "chat"}},
	{"start-up", []string{"internal/roles/..."}, []string{"internal/roles", "internal/service", "internal/hasher",
		"edge", "persister", "notifier", "jetstream", "sql", "auth", "mail", "oidc", "web", "events", "chat"}},
	{"what tests use", []string{"internal/testenv/..."}, []string{"internal/local", "internal/testenv/...", "sql", "events", "chat"}},
	{"what mains share", []string{"internal/service", "internal/local"}, nil},
	{"what edges share", []string{"internal/hasher"}, []string{"auth", "chat"}},
	{"a role", []string{"edge"}, []string{"jetstream", "auth", "oidc", "web", "search", "events", "chat"}},
	{"a role", []string{"persister", "notifier"}, []string{"jetstream", "sql", "auth", "web", "events", "chat"}},
	{"the auditor", []string{"audit"}, []string{"jetstream", "sql", "events", "chat"}},
	{"a technology", []string{"jetstream", "sql", "auth", "mail", "oidc", "web"}, []string{"search", "events", "chat"}},
	{"what a search finds", []string{"search"}, []string{"events", "chat"}},
	{"the vocabulary", []string{"chat"}, []string{"events"}},
	{"the contract", []string{"events"}, nil},
}

// owner says which package alone may import a dependency, tests included.
type owner struct {
	dependency string
	part       string
}

var owners = []owner{
	{"github.com/nats-io/nats.go", "jetstream"},
	{"github.com/jackc/pgx", "sql"},
	{"github.com/nats-io/nats-server", "internal/local"},
}

// far says what a package must not reach through any number of others.
type far struct {
	from, never, why string
}

var fars = []far{
	{"edge", module + "sql", "it reads and commands through the interfaces in edge/store.go"},
	{"edge", "github.com/jackc/pgx", "it reads and commands through the interfaces in edge/store.go"},
	{"cmd/edge", "github.com/nats-io/nats-server", "the embedded server never rides along in a role's binary"},
	{"cmd/persister", "github.com/nats-io/nats-server", "the embedded server never rides along in a role's binary"},
	{"cmd/notifier", "github.com/nats-io/nats-server", "the embedded server never rides along in a role's binary"},
	{"cmd/edge", module + "persister", "a role's binary holds no other role"},
	{"cmd/edge", module + "notifier", "a role's binary holds no other role"},
	{"cmd/persister", module + "edge", "a role's binary holds no other role"},
	{"cmd/persister", module + "notifier", "a role's binary holds no other role"},
	{"cmd/notifier", module + "edge", "a role's binary holds no other role"},
	{"cmd/notifier", module + "persister", "a role's binary holds no other role"},
	{"cmd/edge", module + "audit", "only natter verify audits"},
	{"cmd/persister", module + "audit", "only natter verify audits"},
	{"cmd/notifier", module + "audit", "only natter verify audits"},
}

func TestArrowsOnlyGoDown(t *testing.T) {
	t.Parallel()
	for _, sentence := range breaches(listPackages(t)) {
		t.Error(sentence)
	}
}

// breaches returns a sentence for each arrow that the house does not have.
func breaches(packages []pkg) []string {
	var found []string
	for _, p := range packages {
		found = append(found, p.upward()...)
		found = append(found, p.foreign()...)
		found = append(found, p.tooFar()...)
	}
	return found
}

// upward checks the package's own imports of natter's packages. Its tests may
// use anything that is not a main.
func (p pkg) upward() (found []string) {
	name := strings.TrimPrefix(p.ImportPath, module)
	t, ok := tierOf(name)
	if !ok {
		return []string{fmt.Sprintf("%s has no place in the house: add it to the tiers in test/house_test.go and to docs", name)}
	}
	for _, path := range p.Imports {
		to, ours := strings.CutPrefix(path, module)
		switch {
		case ours && !matches(to, t.may):
			found = append(found, fmt.Sprintf("%s → %s: %s may import %s", name, to, t.name, orNothing(t.may)))
		case !ours && t.name == "the contract" && !standard(path):
			found = append(found, fmt.Sprintf("%s → %s: the contract uses the standard library only", name, path))
		}
	}
	return found
}

// foreign checks who imports the dependencies that have an owner.
func (p pkg) foreign() (found []string) {
	name := strings.TrimPrefix(p.ImportPath, module)
	for _, path := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
		for _, o := range owners {
			if below(path, o.dependency) && name != o.part {
				found = append(found, fmt.Sprintf("%s → %s: only %s imports it", name, path, o.part))
			}
		}
	}
	return found
}

// tooFar checks what the package reaches in the end.
func (p pkg) tooFar() (found []string) {
	name := strings.TrimPrefix(p.ImportPath, module)
	for _, f := range fars {
		i := slices.IndexFunc(p.Deps, func(path string) bool { return below(path, f.never) })
		if name == f.from && i >= 0 {
			found = append(found, fmt.Sprintf("%s ⇒ %s, through others: %s", name, strings.TrimPrefix(p.Deps[i], module), f.why))
		}
	}
	return found
}

func tierOf(name string) (tier, bool) {
	for _, t := range tiers {
		if matches(name, t.parts) {
			return t, true
		}
	}
	return tier{}, false
}

func matches(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if pattern == "..." {
			return true
		}
		if prefix, ok := strings.CutSuffix(pattern, "/..."); ok {
			return below(name, prefix)
		}
		return name == pattern
	})
}

// below reports whether path is prefix, a path under it, or a major version of it.
func below(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// standard reports whether path is of the standard library: its first element
// has no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing of natter's"
	}
	return strings.Join(names, ", ")
}

// listPackages asks the go command for all packages of the module.
func listPackages(t *testing.T) []pkg {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports,Deps", module+"...").Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("go list: %v\n%s", err, failed.Stderr)
	}
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		switch err := dec.Decode(&p); {
		case err == io.EOF:
			return packages
		case err != nil:
			t.Fatalf("go list's answer: %v", err)
		}
		packages = append(packages, p)
	}
}

// Every rule is shown red, with an arrow that breaks it alone.
func TestEachHouseRuleNamesTheArrowThatBreaksIt(t *testing.T) {
	t.Parallel()
	const nats, pgx, server = "github.com/nats-io/nats.go", "github.com/jackc/pgx/v5", "github.com/nats-io/nats-server/v2/server"
	for name, c := range map[string]struct {
		pkg
		arrow string
	}{
		"edge never imports sql":                     {imports("edge", module+"sql"), "edge → sql"},
		"edge never reaches sql":                     {reaches("edge", module+"sql"), "edge ⇒ sql"},
		"edge never reaches pgx":                     {reaches("edge", pgx), "edge ⇒ " + pgx},
		"roles never import one another":             {imports("persister", module+"notifier"), "persister → notifier"},
		"an edge never imports a worker":             {imports("edge", module+"persister"), "edge → persister"},
		"technologies never import one another":      {imports("jetstream", module+"sql"), "jetstream → sql"},
		"a technology never imports a role":          {imports("sql", module+"edge"), "sql → edge"},
		"a role never imports start-up":              {imports("edge", module+"internal/service"), "edge → internal/service"},
		"a technology never imports internal":        {imports("jetstream", module+"internal/local"), "jetstream → internal/local"},
		"events uses the standard library only":      {imports("events", "github.com/google/uuid"), "events → github.com/google/uuid"},
		"events imports nothing of natter's":         {imports("events", module+"chat"), "events → chat"},
		"chat imports events only":                   {imports("chat", module+"auth"), "chat → auth"},
		"only jetstream imports nats.go":             {imports("notifier", nats), "notifier → " + nats},
		"tests do not import nats.go either":         {pkg{ImportPath: module + "test/cluster", XTestImports: []string{nats + "/jetstream"}}, "test/cluster → " + nats + "/jetstream"},
		"only sql imports pgx":                       {imports("persister", pgx+"/pgxpool"), "persister → " + pgx + "/pgxpool"},
		"only internal/local imports nats-server":    {imports("internal/testenv", server), "internal/testenv → " + server},
		"a role's binary holds no embedded server":   {reaches("cmd/edge", server), "cmd/edge ⇒ " + server},
		"a persister's neither":                      {reaches("cmd/persister", server), "cmd/persister ⇒ " + server},
		"a notifier's neither":                       {reaches("cmd/notifier", server), "cmd/notifier ⇒ " + server},
		"a role's binary holds no other role":        {reaches("cmd/notifier", module+"persister"), "cmd/notifier ⇒ persister"},
		"start-up imports no local servers":          {imports("internal/roles", module+"internal/local"), "internal/roles → internal/local"},
		"what mains share imports nothing":           {imports("internal/service", module+"events"), "internal/service → events"},
		"a role does not audit itself":               {imports("persister", module+"audit"), "persister → audit"},
		"the auditor asks no role what is right":     {imports("audit", module+"notifier"), "audit → notifier"},
		"a role's binary does not audit":             {reaches("cmd/edge", module+"audit"), "cmd/edge ⇒ audit"},
		"a main imports nothing of the tests":        {imports("cmd/natter", module+"internal/testenv"), "cmd/natter → internal/testenv"},
		"a main imports no other main":               {imports("cmd/natter", module+"cmd/edge"), "cmd/natter → cmd/edge"},
		"a package without a place in the house":     {imports("util"), "util has no place"},
		"a package below a part is not the part":     {imports("edge/hub"), "edge/hub has no place"},
		"a name that only begins like a part is new": {imports("sqlite"), "sqlite has no place"},
	} {
		t.Run(name, func(t *testing.T) {
			found := breaches([]pkg{c.pkg})
			if len(found) != 1 || !strings.HasPrefix(found[0], c.arrow) {
				t.Errorf("want one sentence that begins with %q, got %q", c.arrow, found)
			}
		})
	}
}

func imports(name string, paths ...string) pkg {
	return pkg{ImportPath: module + name, Imports: paths}
}

func reaches(name string, paths ...string) pkg { return pkg{ImportPath: module + name, Deps: paths} }
