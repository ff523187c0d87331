//go:build !linux

package cluster

import (
	"fmt"
	"net/netip"
	"os/exec"
)

var errNotLinux = fmt.Errorf("network namespaces, which cut links and sockets, are Linux's: %w", ErrNotRoot)

// Isolate works on Linux only; elsewhere it returns an error.
func Isolate() error { return errNotLinux }

func isolated() bool { return false }

var outside *namespace

type namespace struct{}

func newNamespace() (*namespace, error)      { return nil, errNotLinux }
func currentNamespace() (*namespace, error)  { return nil, errNotLinux }
func (*namespace) start(cmd *exec.Cmd) error { return cmd.Start() }
func (*namespace) do(f func() error) error   { return f() }
func (*namespace) close()                    {}

func addBridge(string, netip.Addr) error                { return errNotLinux }
func addAddress(string, netip.Addr) error               { return errNotLinux }
func removeLink(string) error                           { return errNotLinux }
func join(*namespace, string, string, netip.Addr) error { return errNotLinux }
func resetSockets(string) (int, error)                  { return 0, errNotLinux }

type rule struct{}

func (*namespace) drop(string, netip.Addr, netip.Addr) (*rule, error) { return nil, errNotLinux }
func (*rule) dropped() (uint64, error)                                { return 0, errNotLinux }
func (*rule) remove() error                                           { return errNotLinux }

func stopped(int) bool                           { return true }
func childrenOf(int) ([]int, error)              { return nil, errNotLinux }
func (p *Process) Footprint() (Footprint, error) { return Footprint{}, errNotLinux }
