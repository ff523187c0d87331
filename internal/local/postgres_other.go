//go:build !linux

package local

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent has no counterpart here: a server that a killed natter leaves
// behind is stopped at the next start.
func dieWithParent(*syscall.SysProcAttr) {}

// isServer reports whether the process is a server of this data folder, by
// its command line.
func (p *Postgres) isServer(pid int) bool {
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), p.dataDir())
}

// childrenOf returns the processes that a process has started.
func childrenOf(pid int) []int {
	out, _ := exec.Command("pgrep", "-P", strconv.Itoa(pid)).Output()
	return numbers(string(out))
}
