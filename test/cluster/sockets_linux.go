package cluster

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// resetSockets resets the connections that a listener of the thread's namespace
// has accepted.
func resetSockets(listen string) (cut int, err error) {
	if os.Geteuid() != 0 {
		return 0, errors.New("to cut a process's sockets needs root")
	}
	at, err := netip.ParseAddrPort(listen)
	if err != nil {
		return 0, err
	}
	all, err := netlink.SocketDiagTCP(unix.AF_INET)
	if err != nil {
		return 0, fmt.Errorf("list sockets: %w", err)
	}
	for _, s := range all {
		if s.ID.SourcePort != at.Port() || s.State != netlink.TCP_ESTABLISHED {
			continue
		}
		local := &net.TCPAddr{IP: s.ID.Source, Port: int(s.ID.SourcePort)}
		remote := &net.TCPAddr{IP: s.ID.Destination, Port: int(s.ID.DestinationPort)}
		switch err := netlink.SocketDestroy(local, remote); {
		case err == nil:
			cut++
		case !errors.Is(err, unix.ENOENT): // it has ended meanwhile
			return cut, fmt.Errorf("reset a socket: %w", err)
		}
	}
	return cut, nil
}
