package cluster

import "syscall"

// childAttributes make a child end with the test, however that ends, and keep
// the terminal's Ctrl-C from reaching it first.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
