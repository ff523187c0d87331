package hasher

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

const (
	// answerIn is when a child hangs, and is killed. It may also be that a busy
	// machine leaves the lowest rank nothing: then, too, the process is to hash by
	// itself for a while, or nobody could log in.
	answerIn = 3 * time.Second
	endIn    = time.Second // to end once its input has
	minPause = time.Second // after a death, until the next start
	maxPause = time.Minute
)

var (
	errResting = errors.New("the process that hashes ended a moment ago")
	errHangs   = errors.New("the process that hashes did not answer in time")
)

// worker has a child, or had one, or will. Who took it from its Children is its
// only user.
type worker struct {
	command []string
	within  time.Duration // for an answer

	child  *exec.Cmd // nil: there is none
	in     io.WriteCloser
	out    *bufio.Scanner
	pause  time.Duration // after its next death
	resume time.Time     // not before this is the next one started
}

// ask has the child answer. After an error the child is gone.
func (w *worker) ask(q question) (a answer, err error) {
	if w.child == nil {
		if err := w.start(); err != nil {
			return a, err
		}
	}
	var hangs atomic.Bool
	child := w.child
	late := time.AfterFunc(w.within, func() {
		hangs.Store(true)
		_ = child.Process.Kill() // which ends the reading below
	})
	a, err = w.exchange(q)
	late.Stop()
	if hangs.Load() && err != nil {
		err = errHangs
	}
	if err != nil {
		w.bury()
		return a, err
	}
	w.pause = minPause
	return a, nil
}

func (w *worker) exchange(q question) (a answer, err error) {
	if err := json.NewEncoder(w.in).Encode(q); err != nil {
		return a, fmt.Errorf("ask the process that hashes: %w", err)
	}
	if !w.out.Scan() {
		return a, fmt.Errorf("hear the process that hashes: %w", errors.Join(io.ErrUnexpectedEOF, w.out.Err()))
	}
	if err := json.Unmarshal(w.out.Bytes(), &a); err != nil {
		return a, errors.New("the process that hashes does not speak its language") // its words may hold secrets
	}
	return a, nil
}

// start starts a child, unless the last one died a moment ago. Its environment
// tells Go's runtime what one hash at a time needs, and nothing else: no secret
// of the parent's, no memory in the traces of a crash.
func (w *worker) start() error {
	if time.Now().Before(w.resume) {
		return errResting
	}
	cmd := exec.Command(w.command[0], w.command[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = []string{"GOMAXPROCS=1", "GOGC=off", "GOTRACEBACK=none"}
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		w.rest()
		return fmt.Errorf("start the process that hashes: %w", err)
	}
	w.child, w.in, w.out = cmd, in, bufio.NewScanner(out)
	w.out.Buffer(make([]byte, longest), longest)
	return nil
}

// bury kills the child, if it lives.
func (w *worker) bury() {
	_ = w.child.Process.Kill()
	w.end()
	w.rest()
}

// end lets the child end and waits for it, not for long.
func (w *worker) end() {
	if w.child == nil {
		return
	}
	_ = w.in.Close()
	late := time.AfterFunc(endIn, func() { _ = w.child.Process.Kill() })
	_ = w.child.Wait() // how it ended does not matter any more
	late.Stop()
	w.child = nil
}

func (w *worker) rest() {
	w.pause = min(max(w.pause, minPause), maxPause)
	w.resume = time.Now().Add(w.pause)
	w.pause *= 2
}
