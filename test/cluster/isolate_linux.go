package cluster

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// outsideKey names the variable that hands the program's former namespace, an
// open file, over to itself.
const outsideKey = "NATTER_TEST_OUTSIDE"

// outside is the network namespace that Isolate has left, nil if it has not.
var outside *namespace

// Isolate moves the program into a network namespace of its own, by executing
// it again there, as the same process. It comes first in main and in TestMain,
// and returns nil once inside, from where nothing beyond this program's own
// processes can be reached: only Binaries still builds outside. The namespace
// ends with the last process in it. Not being root it returns ErrNotRoot.
func Isolate() error {
	if fd, err := strconv.Atoi(os.Getenv(outsideKey)); err == nil {
		return arrive(fd)
	}
	if os.Geteuid() != 0 {
		return ErrNotRoot
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fd, err := unix.Open("/proc/self/ns/net", unix.O_RDONLY, 0) // survives the exec
	if err != nil {
		return fmt.Errorf("open the network namespace: %w", err)
	}
	runtime.LockOSThread() // the thread that executes takes its namespace along
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("make a network namespace, which needs CAP_SYS_ADMIN: %w", err)
	}
	return syscall.Exec(self, os.Args, append(os.Environ(), outsideKey+"="+strconv.Itoa(fd)))
}

func arrive(fd int) error {
	unix.CloseOnExec(fd)
	if err := os.Unsetenv(outsideKey); err != nil {
		return err
	}
	outside = &namespace{os.NewFile(uintptr(fd), "outside")}
	if err := raise("lo"); err != nil {
		return fmt.Errorf("raise the loopback interface: %w", err)
	}
	return nil
}

// isolated reports whether the program runs in a namespace of its own.
func isolated() bool { return outside != nil }

// raise makes a link of this namespace usable.
func raise(name string) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(link)
}
