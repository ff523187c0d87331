package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const module = "github.com/natter-chat/natter/"

// Commands are what a cluster runs.
var Commands = [...]string{"cmd/edge", "cmd/persister", "cmd/notifier", "cmd/natter", natsServer}

// natsServer is built without the race detector: NATS is not ours to watch.
const natsServer = "test/natsd"

// Binaries builds commands of this module once, with the race detector unless
// Plain is set before.
type Binaries struct {
	Plain    bool // without the race detector, as in earnest: for loads and campaigns
	dir      string
	commands []string
	once     sync.Once
	err      error
}

// plainArgon2 spares the race detector the password hash, as the Makefile does
// for the tests: its every pass over 19 MiB would be watched word by word, three
// times as slow, though it shares nothing.
const plainArgon2 = "-gcflags=golang.org/x/crypto/argon2=-race=false"

// race are the race detector's settings for a role: it says by its exit code what
// it saw, and does not sleep for a second before a good end.
const race = "GORACE=exitcode=66 atexit_sleep_ms=50"

// NewBinaries returns commands that will be built into dir at their first use.
func NewBinaries(dir string, commands ...string) *Binaries {
	return &Binaries{dir: dir, commands: commands}
}

// Workshop makes a folder for a package's tests, which PostgreSQL's account may
// enter, and the commands that are built in it. The caller removes it.
func Workshop(name string) (dir string, b *Binaries, err error) {
	if dir, err = os.MkdirTemp("", name); err != nil {
		return "", nil, err
	}
	bin := filepath.Join(dir, "bin")
	return dir, NewBinaries(bin, Commands[:]...), errors.Join(os.Chmod(dir, 0o711), os.Mkdir(bin, 0o755))
}

// Path returns the path of a command, building all of them the first time.
func (b *Binaries) Path(name string) (string, error) {
	b.once.Do(b.build)
	return filepath.Join(b.dir, name), b.err
}

func (b *Binaries) build() {
	done, err := b.share()
	if err != nil {
		b.err = err
		return
	}
	defer done()
	if b.Plain {
		b.err = b.compile(b.commands)
		return
	}
	roles := slices.DeleteFunc(slices.Clone(b.commands), func(command string) bool { return command == natsServer })
	b.err = b.compile(roles, "-race", plainArgon2, "-ldflags=-s -w")
	if b.err == nil && len(roles) < len(b.commands) {
		b.err = b.compile([]string{natsServer})
	}
}

// compile builds commands with go build's flags.
func (b *Binaries) compile(commands []string, flags ...string) error {
	args := append([]string{"build", "-buildvcs=false", "-o", b.dir + string(filepath.Separator)}, flags...)
	for _, command := range commands {
		args = append(args, module+command)
	}
	cmd := exec.Command("go", args...)
	cmd.Env = os.Environ()
	if !b.Plain {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=1")
	}
	// Outside, because modules may have to be fetched.
	return outside.do(func() error {
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build natter: %w\n%s", err, out)
		}
		return nil
	})
}

// sharedVariable names a folder in which all processes of one test run build, one
// after the other: what one has built the next finds up to date.
const sharedVariable = "NATTER_TEST_BIN"

// share moves to that folder, if there is one, and keeps others out until done.
func (b *Binaries) share() (done func(), err error) {
	shared := os.Getenv(sharedVariable)
	if shared == "" {
		return func() {}, nil
	}
	if b.dir = filepath.Join(shared, "race"); b.Plain {
		b.dir = filepath.Join(shared, "plain")
	}
	if err := os.MkdirAll(b.dir, 0o755); err != nil {
		return nil, err
	}
	lock, err := os.Create(filepath.Join(shared, filepath.Base(b.dir)+".lock"))
	if err != nil {
		return nil, err
	}
	return func() { lock.Close() }, unix.Flock(int(lock.Fd()), unix.LOCK_EX)
}

// Run runs one of natter's programs to its end and returns what it said and its
// exit code. It finds no setting but those in env, and free ports.
func (b *Binaries) Run(t testing.TB, name string, env []string, args ...string) (said string, code int) {
	t.Helper()
	path, err := b.Path(name)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "NATTER_OPS_LISTEN=127.0.0.1:0", "NATTER_LISTEN=127.0.0.1:0", race}, env...)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		t.Fatalf("%s did not end:\n%s", name, out)
	}
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// LastLine returns the last line of what a program said.
func LastLine(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	return lines[len(lines)-1]
}
