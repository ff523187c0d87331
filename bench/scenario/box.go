package scenario

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/natter-chat/natter/internal/local"
)

const (
	openWithin = time.Minute
	stopWithin = 30 * time.Second
)

// box is natter run: one process and its children, one folder.
type box struct {
	path string // of the program
	data string
	cmd  *exec.Cmd
	said bytes.Buffer
	done chan error
}

// start starts it on free ports and returns how long it took until it said
// that it was ready and both edges answered.
func (b *box) start(ctx context.Context) (time.Duration, error) {
	ports, err := local.FreePorts(3)
	if err != nil {
		return 0, err
	}
	at := func(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
	edges, ops := []string{at(ports[0]), at(ports[1])}, at(ports[2])
	b.said.Reset()
	b.cmd = exec.Command(b.path, "run", "-data", b.data, "-listen", strings.Join(edges, ","), "-ops", ops)
	b.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(b.data), "TMPDIR=" + os.TempDir()}
	b.cmd.Stdout, b.cmd.Stderr = &b.said, &b.said
	b.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C is for the tool, which ends it
	began := time.Now()
	if err := b.cmd.Start(); err != nil {
		b.done = nil
		return 0, err
	}
	b.done = make(chan error, 1)
	go func() { b.done <- b.cmd.Wait() }()
	err = until(ctx, openWithin, 5*time.Millisecond, func() (bool, error) {
		select {
		case ended := <-b.done:
			b.done <- ended
			return false, fmt.Errorf("natter run ended: %v\n%s", ended, &b.said)
		default:
		}
		return answers("http://"+ops+"/readyz") && answers("http://"+edges[0]+"/") && answers("http://"+edges[1]+"/"), nil
	})
	took := time.Since(began)
	if err != nil {
		_ = b.stop() // the reason it did not start matters more
		return 0, err
	}
	return took, nil
}

// stop ends it by SIGTERM and waits. It may be repeated.
func (b *box) stop() error {
	if b.done == nil {
		return nil
	}
	_ = b.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
	select {
	case err := <-b.done:
		b.done <- err // for whoever asks again
		if err != nil {
			return fmt.Errorf("natter run ended with %w\n%s", err, &b.said)
		}
		return nil
	case <-time.After(stopWithin):
		_ = syscall.Kill(-b.cmd.Process.Pid, syscall.SIGKILL) // and its PostgreSQL
		b.done <- <-b.done
		return fmt.Errorf("natter run did not end within %s of SIGTERM", stopWithin)
	}
}

// answers reports whether a page is there.
func answers(url string) bool {
	client := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(url)
	if err != nil {
		return false
	}
	res.Body.Close()
	return res.StatusCode == http.StatusOK
}
