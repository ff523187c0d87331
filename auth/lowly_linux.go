package auth

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// lowliness is the nice value of a thread that hashes: whatever else has to be
// done goes first, and on an idle machine it costs nothing.
const lowliness = 10

// lowly runs work on a thread that gives way to all others, and returns when it
// has ended. The thread ends with it: its rank could not be raised again.
func lowly(work func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), lowliness)
		work()
	}()
	<-done
}
