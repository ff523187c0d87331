package local

import (
	"fmt"
	"os"
	"syscall"
)

// dieWithParent makes the kernel ask the child for a fast shutdown when this
// process is killed.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }

// isServer reports whether the process is a server of this data folder, which
// is every server's working directory.
func (p *Postgres) isServer(pid int) bool {
	there, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false
	}
	here, err := os.Stat(p.dataDir())
	return err == nil && os.SameFile(here, there)
}

// childrenOf returns the processes that a process has started.
func childrenOf(pid int) []int {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	return numbers(string(raw))
}
