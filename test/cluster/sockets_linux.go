package cluster

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"os"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
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
		switch err := resetSocket(s.ID); {
		case err == nil:
			cut++
		case !errors.Is(err, unix.ENOENT) && !errors.Is(err, unix.ESTALE): // it has ended meanwhile
			return cut, fmt.Errorf("reset a socket: %w", err)
		}
	}
	return cut, nil
}

func resetSocket(id netlink.SocketID) error {
	req := nl.NewNetlinkRequest(unix.SOCK_DESTROY, unix.NLM_F_ACK)
	req.AddData(oneSocket(id))
	_, err := req.Execute(unix.NETLINK_INET_DIAG, 0)
	return err
}

// oneSocket names a socket by its cookie, too (struct inet_diag_req_v2): where a
// connection has ended meanwhile, its addresses alone name the listener, which
// would be closed for good.
type oneSocket netlink.SocketID

func (s oneSocket) Len() int { return 56 }

func (s oneSocket) Serialize() []byte {
	b := make([]byte, s.Len())
	b[0], b[1] = unix.AF_INET, unix.IPPROTO_TCP
	binary.BigEndian.PutUint16(b[8:], s.SourcePort)
	binary.BigEndian.PutUint16(b[10:], s.DestinationPort)
	copy(b[12:], s.Source.To4())
	copy(b[28:], s.Destination.To4())
	binary.NativeEndian.PutUint32(b[48:], s.Cookie[0])
	binary.NativeEndian.PutUint32(b[52:], s.Cookie[1])
	return b
}
