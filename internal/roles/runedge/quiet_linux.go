package runedge

import (
	"context"
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// onlyOld is a socket filter that drops a TCP segment with SYN, byte 13 bit 1:
// the first of a connection. All others pass.
var onlyOld = [...]unix.SockFilter{
	{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: 13},
	{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, Jt: 0, Jf: 1, K: 0x02},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff},
}

// quietFor is how many looks in a row must see an empty queue: handshakes that
// were under way have ended.
const quietFor = 4

// quiet prepares a listener to be closed without loss. Closing resets the
// connections that wait to be accepted, whose requests may have been sent: their
// clients cannot know whether they had an effect. So it lets no further one
// begin and returns when the server has accepted all that had, or when ctx ends.
// Who comes after that is refused once the listener is closed, which anybody can
// safely repeat elsewhere. It needs a plain TCP listener, as service.Listen makes
// it: multipath TCP, Go's default, takes no filter.
func quiet(ctx context.Context, l net.Listener) {
	conn, ok := l.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return // it is closed already
	}
	program := unix.SockFprog{Len: uint16(len(onlyOld)), Filter: &onlyOld[0]}
	_ = raw.Control(func(fd uintptr) {
		err = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
	})
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for empty := 0; err == nil && empty < quietFor; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if waiting(raw) == 0 {
			empty++
		} else {
			empty = 0
		}
	}
}

// waiting is how many connections wait to be accepted.
func waiting(raw syscall.RawConn) (n uint32) {
	_ = raw.Control(func(fd uintptr) {
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			n = info.Unacked // of a listener: the length of its queue
		}
	})
	return n
}
