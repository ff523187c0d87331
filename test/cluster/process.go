package cluster

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is one program that can be started many times, one run at a time.
type Process struct {
	Name string
	path string
	args []string
	env  []string
	log  string // file that all runs append to
	place

	mu   sync.Mutex
	cmd  *exec.Cmd
	done chan struct{} // closed when the run has ended
	want bool          // it was started and nobody ended it
}

// Start starts a run. Its end is noticed at once: see Done.
func (p *Process) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running() {
		return fmt.Errorf("%s runs already", p.Name)
	}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	cmd := exec.Command(p.path, p.args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, out, out
	cmd.SysProcAttr = childAttributes()
	started, done := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(done)
		defer out.Close()
		// The death signal comes when the starting thread ends: keep it.
		runtime.LockOSThread() // never unlocked: it may be in another namespace
		err := p.in.start(cmd)
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	p.cmd, p.done, p.want = cmd, done, true
	return nil
}

func (p *Process) running() bool {
	if p.done == nil {
		return false
	}
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// Running reports whether a run goes on, stopped by a signal or not.
func (p *Process) Running() bool { p.mu.Lock(); defer p.mu.Unlock(); return p.running() }

// PID returns the present or last run's process id.
func (p *Process) PID() int { p.mu.Lock(); defer p.mu.Unlock(); return p.cmd.Process.Pid }

// Done is closed when the present run has ended.
func (p *Process) Done() <-chan struct{} { p.mu.Lock(); defer p.mu.Unlock(); return p.done }

// Kill ends the run by SIGKILL and waits for that.
func (p *Process) Kill() {
	p.signal(syscall.SIGKILL)
	<-p.Done()
}

// Stop freezes the run and returns when nothing of it moves any more; Continue
// lets it go on.
func (p *Process) Stop() {
	p.signal(syscall.SIGSTOP)
	_ = poll(2*time.Second, func() error {
		if p.Running() && !stopped(p.PID()) {
			return errors.New("not yet")
		}
		return nil
	})
}

// Continue ends a Stop.
func (p *Process) Continue() { p.signal(syscall.SIGCONT) }

// Terminate asks the run to end by SIGTERM and returns its exit code. A run
// that has not ended in time is killed: that is an error.
func (p *Process) Terminate(within time.Duration) (code int, err error) {
	p.signal(syscall.SIGTERM)
	select {
	case <-p.Done():
	case <-time.After(within):
		p.Kill()
		return -1, fmt.Errorf("%s did not end within %s of SIGTERM", p.Name, within)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.ProcessState.ExitCode(), nil
}

// ExitCode returns the last run's exit code, -1 after a signal; valid after Done.
func (p *Process) ExitCode() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd.ProcessState.ExitCode()
}

func (p *Process) signal(s syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s == syscall.SIGKILL || s == syscall.SIGTERM {
		p.want = false
	}
	if p.cmd != nil {
		_ = p.cmd.Process.Signal(s) // it may have ended
	}
}

// died reports whether the process has ended although nobody ended it.
func (p *Process) died() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.want && !p.running() {
		return fmt.Errorf("%s ended by itself: %s", p.Name, p.cmd.ProcessState)
	}
	return nil
}

// Log returns what all runs have printed.
func (p *Process) Log() string {
	raw, err := os.ReadFile(p.log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err.Error()
	}
	return string(raw)
}

// tail returns the last lines of the log that say more than that work was done.
func (p *Process) tail(lines int) string {
	var all []string
	for line := range strings.Lines(p.Log()) {
		if !routine.MatchString(line) {
			all = append(all, strings.TrimSuffix(line, "\n"))
		}
	}
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

var routine = regexp.MustCompile(`msg=(request|applied|told) |Healthcheck failed`)
