package command

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/test/client"
)

// box is `natter run` as a person starts it: one process, one folder.
type box struct {
	t     *testing.T
	dir   string // its working directory; the data are in dir/data
	as    *syscall.Credential
	env   []string
	cmd   *exec.Cmd
	said  *spoken
	ended chan struct{}
	edges []string // URLs, once it has opened
}

// newBox gives natter a folder that belongs to who will run it.
func newBox(t *testing.T, as *syscall.Credential) *box {
	t.Helper()
	dir, err := os.MkdirTemp(suite.dir, "box-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	if as != nil {
		if err := os.Chown(dir, int(as.Uid), int(as.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	return &box{t: t, dir: dir, as: as, env: []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}}
}

// accounts are who can run natter here: this user, and if that is root an
// ordinary one, too.
func accounts(t *testing.T) map[string]*syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return map[string]*syscall.Credential{"an ordinary user": nil}
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, uidErr := strconv.ParseUint(nobody.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(nobody.Gid, 10, 32)
	if uidErr != nil || gidErr != nil {
		t.Fatalf("user nobody has the ids %q and %q", nobody.Uid, nobody.Gid)
	}
	return map[string]*syscall.Credential{"root": nil, "an ordinary user": {Uid: uint32(uid), Gid: uint32(gid)}}
}

// runs starts natter with its defaults but for the ports, which are free ones.
func (b *box) runs(args ...string) {
	b.t.Helper()
	path, err := suite.binaries.Path("natter")
	if err != nil {
		b.t.Fatal(err)
	}
	args = append([]string{"run", "-listen", "127.0.0.1:0,127.0.0.1:0", "-ops", "127.0.0.1:0"}, args...)
	b.said, b.ended = &spoken{}, make(chan struct{})
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = b.dir, b.env, b.said, b.said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: b.as}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.cmd = cmd
	go func(ended chan struct{}) {
		defer close(ended)
		_ = cmd.Wait() // its state says how it ended
	}(b.ended)
	b.t.Cleanup(func() { _ = cmd.Process.Kill() })
}

// opens waits for the addresses.
func (b *box) opens() {
	b.t.Helper()
	b.says("natter is running")
	b.says("Ctrl-C stops it")
	b.edges = nil
	for _, found := range regexp.MustCompile(`edge \d +(http://\S+)`).FindAllStringSubmatch(b.said.String(), -1) {
		b.edges = append(b.edges, found[1])
	}
	if len(b.edges) != 2 {
		b.t.Fatalf("it shows %d edges:\n%s", len(b.edges), b.said)
	}
}

// says waits until the output contains words.
func (b *box) says(words string) {
	b.t.Helper()
	late := time.After(60 * time.Second)
	for {
		more := b.said.more()
		if strings.Contains(b.said.String(), words) {
			return
		}
		select {
		case <-more:
		case <-b.ended:
			if !strings.Contains(b.said.String(), words) {
				b.t.Fatalf("it ended without saying %q:\n%s", words, b.said)
			}
		case <-late:
			b.t.Fatalf("it did not say %q:\n%s", words, b.said)
		}
	}
}

// ends waits for the end and returns the exit code, -1 after a signal.
func (b *box) ends(within time.Duration) int {
	b.t.Helper()
	select {
	case <-b.ended:
		return b.cmd.ProcessState.ExitCode()
	case <-time.After(within):
		b.t.Fatalf("it did not end within %v:\n%s", within, b.said)
		return 0
	}
}

// isStopped presses Ctrl-C: the whole process group gets the signal.
func (b *box) isStopped() {
	b.t.Helper()
	if err := syscall.Kill(-b.cmd.Process.Pid, syscall.SIGINT); err != nil {
		b.t.Fatal(err)
	}
	if code := b.ends(10 * time.Second); code != 0 {
		b.t.Fatalf("exit code %d after Ctrl-C:\n%s", code, b.said)
	}
	b.hadNoRace()
}

// isKilled ends natter as the kernel would.
func (b *box) isKilled() {
	b.t.Helper()
	if err := b.cmd.Process.Kill(); err != nil {
		b.t.Fatal(err)
	}
	b.ends(10 * time.Second)
	b.hadNoRace()
}

func (b *box) hadNoRace() {
	b.t.Helper()
	if strings.Contains(b.said.String(), "DATA RACE") {
		b.t.Errorf("a data race:\n%s", b.said)
	}
}

// refuses expects that natter ends by itself with words in its last line.
func (b *box) refuses(words ...string) {
	b.t.Helper()
	if code := b.ends(30 * time.Second); code != 1 {
		b.t.Errorf("exit code %d:\n%s", code, b.said)
	}
	lines := strings.Split(strings.TrimSpace(b.said.String()), "\n")
	for _, word := range words {
		if last := lines[len(lines)-1]; !strings.Contains(last, word) {
			b.t.Errorf("%q is not in the last line: %s", word, last)
		}
	}
}

func (b *box) path(name string) string { return filepath.Join(b.dir, "data", name) }

// within bounds a conversation.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	t.Cleanup(cancel)
	return ctx
}

// lobbyPost says words in the lobby.
func lobbyPost(t *testing.T, c *client.Client, words string) {
	t.Helper()
	if _, err := c.Post(within(t), lobby(t, c), chat.NewID(), words); err != nil {
		t.Fatal(err)
	}
}

// lobbyTexts returns the lobby's events, as c sees them.
func lobbyTexts(t *testing.T, c *client.Client) (texts []string) {
	t.Helper()
	var items []chat.Item
	room, ctx := lobby(t, c), within(t)
	err := client.Retry(ctx, func() (err error) {
		items, err = c.WholeHistory(ctx, room, 50)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range items {
		texts = append(texts, string(item.Event))
	}
	return texts
}

// lobby is the room that everybody is in. Each of an edge's connections comes
// back by itself after NATS did, so that what reads may still have to wait when
// a post has succeeded.
func lobby(t *testing.T, c *client.Client) string {
	t.Helper()
	ctx := within(t)
	var mine client.MyRooms
	err := client.Retry(ctx, func() (err error) {
		mine, err = c.Rooms(ctx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(mine.Rooms) != 1 {
		t.Fatalf("a new person is in %d rooms", len(mine.Rooms))
	}
	return mine.Rooms[0].ID
}

// spoken collects what a process says, and tells when there is more.
type spoken struct {
	mu      sync.Mutex
	buf     bytes.Buffer
	waiting chan struct{}
}

func (x *spoken) Write(p []byte) (int, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.waiting != nil {
		close(x.waiting)
		x.waiting = nil
	}
	return x.buf.Write(p)
}

func (x *spoken) String() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.buf.String()
}

// more is closed at the next write.
func (x *spoken) more() <-chan struct{} {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.waiting == nil {
		x.waiting = make(chan struct{})
	}
	return x.waiting
}
