//go:build linux

package hasher

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
)

// TestMain lets this test binary be a child.
func TestMain(m *testing.M) {
	if IsChild(os.Args) {
		os.Exit(Child(os.Stdin, os.Stdout))
	}
	goleak.VerifyTestMain(m)
}

// children has one worker, until the test ends.
func children(t testing.TB, within time.Duration, command ...string) *Children {
	t.Helper()
	c := open(1, slog.New(slog.DiscardHandler), within, command...)
	t.Cleanup(c.end)
	return c
}

func ofThisBinary(t testing.TB) *Children { return children(t, time.Minute, self, Command) }

// asker asks a Hasher as auth.Passwords does while others wait.
type asker struct{ auth.Hasher }

func (a asker) Check(ctx context.Context, password, hash string) error {
	same, err := a.Matches(ctx, password, hash)
	if err == nil && !same {
		return &chat.Error{Code: chat.WrongCredentials}
	}
	return err
}

// pid is the child's, or 0. The test is the only user just now.
func pid(c *Children) int {
	w := <-c.free
	defer func() { c.free <- w }()
	if w.child == nil {
		return 0
	}
	return w.child.Process.Pid
}

func TestWhatOneProcessHashesTheOtherVerifies(t *testing.T) {
	there := ofThisBinary(t)
	for name, by := range map[string]struct{ makes, checks auth.Hasher }{
		"the child for the child": {there, there},
		"the child for the edge":  {there, auth.Here{}},
		"the edge for the child":  {auth.Here{}, there},
	} {
		const password = "correct hörse"
		hash, err := asker{by.makes}.Hash(t.Context(), password)
		if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Fatal(name, hash, err)
		}
		p := asker{by.checks}
		if err := p.Check(t.Context(), password, hash); err != nil {
			t.Errorf("%s: the right one: %v", name, err)
		}
		for what, asked := range map[string][2]string{
			"a wrong one": {"correct horse", hash}, "no text": {"\xff\xfe", hash},
		} {
			if err := p.Check(t.Context(), asked[0], asked[1]); !errors.Is(err, &chat.Error{Code: chat.WrongCredentials}) {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
	}
	if pid(there) == 0 {
		t.Error("there was no child")
	}
}

func TestAPasswordOfAnyBytesReachesTheChildAsItIs(t *testing.T) {
	there := ofThisBinary(t)
	a, b := strings.Repeat("\xff", chat.MaxPassword), strings.Repeat("\xfe", chat.MaxPassword)
	hash, err := there.Hash(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	same, err := there.Matches(t.Context(), a, hash)
	other, err2 := there.Matches(t.Context(), b, hash)
	if !same || other || err != nil || err2 != nil {
		t.Error(same, other, err, err2)
	}
}

func TestABrokenHashIsAnErrorAndTheChildGoesOn(t *testing.T) {
	there := ofThisBinary(t)
	if _, err := there.Matches(t.Context(), "x", "no hash at all"); err == nil {
		t.Error("no error")
	}
	first := pid(there)
	if _, err := there.Hash(t.Context(), "x"); err != nil || first == 0 || pid(there) != first {
		t.Error(err, first, pid(there))
	}
}

func TestTheChildHasTheLowestRankAndNoSecretOfItsParent(t *testing.T) {
	t.Setenv("NATTER_SECRET", "hush")
	there := ofThisBinary(t)
	if _, err := there.Hash(t.Context(), "correct horse"); err != nil {
		t.Fatal(err)
	}
	at := "/proc/" + strconv.Itoa(pid(there))
	tasks, err := os.ReadDir(at + "/task")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		tid, _ := strconv.Atoi(task.Name())
		policy, _, _ := unix.RawSyscall(unix.SYS_SCHED_GETSCHEDULER, uintptr(tid), 0, 0)
		if nice, err := unix.Getpriority(unix.PRIO_PROCESS, tid); err != nil || 20-nice != lowest || policy != unix.SCHED_IDLE {
			t.Errorf("thread %d: nice %d, policy %d, %v", tid, 20-nice, policy, err)
		}
	}
	ours, _ := unix.Getsid(0)
	if session, err := unix.Getsid(pid(there)); err != nil || session != ours {
		t.Errorf("it is in session %d, we in %d, %v: a rank counts within one", session, ours, err)
	}
	for _, file := range []string{"/environ", "/cmdline"} {
		if text, err := os.ReadFile(at + file); err != nil || strings.Contains(string(text), "hush") || strings.Contains(string(text), "horse") {
			t.Errorf("%s: %q, %v", file, text, err)
		}
	}
}

func TestADeadChildIsReplacedAndNobodyWaitsForThat(t *testing.T) {
	there := ofThisBinary(t)
	p := asker{there}
	hash, _ := p.Hash(t.Context(), "correct horse")
	first := pid(there)
	for range 3 { // the first finds it dead, the others that it rests
		_ = syscall.Kill(first, syscall.SIGKILL)
		if err := p.Check(t.Context(), "correct horse", hash); err != nil {
			t.Error(err)
		}
	}
	if again := pid(there); again != 0 {
		t.Errorf("child %d was started without a pause", again)
	}
	w := <-there.free
	w.resume = time.Time{} // the pause is over
	there.free <- w
	if err := p.Check(t.Context(), "correct horse", hash); err != nil || pid(there) == 0 || pid(there) == first {
		t.Error(err, first, pid(there))
	}
}

func TestAChildKilledInTheMiddleOfAHashLosesNobodysAnswer(t *testing.T) {
	there := ofThisBinary(t)
	p := asker{there}
	hash, _ := p.Hash(t.Context(), "correct horse")
	child := pid(there)
	_ = syscall.Kill(child, syscall.SIGSTOP) // it takes the question and does not answer
	checked := make(chan error, 1)
	go func() { checked <- p.Check(t.Context(), "correct horse", hash) }()
	for deadline := time.Now().Add(10 * time.Second); len(there.free) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody asks the child")
		}
	}
	_ = syscall.Kill(child, syscall.SIGKILL)
	if err := <-checked; err != nil {
		t.Error(err)
	}
}

func TestAChildThatHangsIsKilledAndTheProcessHashesItself(t *testing.T) {
	there := ofThisBinary(t)
	p := asker{there}
	hash, _ := p.Hash(t.Context(), "correct horse")
	child := pid(there)
	_ = syscall.Kill(child, syscall.SIGSTOP)
	w := <-there.free
	w.within = 50 * time.Millisecond
	there.free <- w
	if err := p.Check(t.Context(), "correct horse", hash); err != nil {
		t.Error(err)
	}
	if err := syscall.Kill(child, 0); !errors.Is(err, syscall.ESRCH) || pid(there) != 0 {
		t.Errorf("it lives: %v", err)
	}
}

func TestWithoutAChildTheProcessHashesItself(t *testing.T) {
	hash, _ := auth.Here{}.Hash(t.Context(), "correct horse")
	for name, command := range map[string][]string{
		"no such program": {"/nowhere"}, "one that ends": {"/bin/true"}, "one that babbles": {"/bin/echo", "hello"},
	} {
		p := asker{children(t, time.Minute, command...)}
		if err := p.Check(t.Context(), "x", hash); !errors.Is(err, &chat.Error{Code: chat.WrongCredentials}) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNoChildIsLeftAfterTheEnd(t *testing.T) {
	c := open(1, slog.New(slog.DiscardHandler), time.Minute, self, Command)
	if _, err := c.Hash(t.Context(), "correct horse"); err != nil {
		t.Fatal(err)
	}
	child := pid(c)
	c.end()
	if err := syscall.Kill(child, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("child %d: %v", child, err)
	}
	if _, err := c.Hash(context.Background(), "correct horse"); !errors.Is(err, &chat.Error{Code: chat.Unavailable}) {
		t.Errorf("after the end: %v", err)
	}
}
