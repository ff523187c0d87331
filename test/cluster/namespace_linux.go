package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// namespace is a network namespace that lives as long as its file is open or a
// process is in it: nothing is left of it after a kill -9.
type namespace struct{ file *os.File }

// init keeps the main thread, which never ends, for the main goroutine: no
// goroutine below takes it along into a namespace.
func init() { runtime.LockOSThread() }

// newNamespace makes one with nothing in it.
func newNamespace() (n *namespace, err error) {
	err = onThread(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return fmt.Errorf("make a network namespace, which needs CAP_SYS_ADMIN: %w", err)
		}
		n, err = currentNamespace()
		return err
	})
	return n, err
}

// currentNamespace is the one that the calling thread is in.
func currentNamespace() (*namespace, error) {
	file, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, fmt.Errorf("open the network namespace: %w", err)
	}
	return &namespace{file}, nil
}

// enter moves the calling thread into the namespace, for good: the caller locks
// the thread and never unlocks it.
func (n *namespace) enter() error {
	if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("enter a network namespace: %w", err)
	}
	return nil
}

// start starts a command inside, from a thread that is locked for good.
func (n *namespace) start(cmd *exec.Cmd) error {
	if n != nil {
		if err := n.enter(); err != nil {
			return err
		}
	}
	return cmd.Start()
}

// do runs f inside. Goroutines that f starts are outside; processes inside.
func (n *namespace) do(f func() error) error {
	if n == nil {
		return f()
	}
	return onThread(func() error {
		if err := n.enter(); err != nil {
			return err
		}
		return f()
	})
}

func (n *namespace) close() { n.file.Close() }

// onThread runs f on a thread of its own, which ends with it.
func onThread(f func() error) error {
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the runtime ends the thread
		done <- f()
	}()
	return <-done
}
