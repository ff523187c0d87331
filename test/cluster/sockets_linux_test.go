package cluster

import (
	"net"
	"os"
	"testing"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

func TestAConnectionThatHasEndedIsNotTakenForItsListener(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("to cut sockets needs root")
	}
	plain := net.ListenConfig{}
	plain.SetMultipathTCP(false) // as natter listens: the kernel protects other listeners
	l, err := plain.Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dial := func() (client, server net.Conn) {
		t.Helper()
		client, err := net.Dial("tcp4", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		server, err = l.Accept()
		if err != nil {
			t.Fatal("the listener was closed:", err)
		}
		return client, server
	}
	client, server := dial()
	all, err := netlink.SocketDiagTCP(unix.AF_INET)
	if err != nil {
		t.Fatal(err)
	}
	port := uint16(l.Addr().(*net.TCPAddr).Port)
	var id netlink.SocketID
	for _, s := range all {
		if s.ID.SourcePort == port && s.State == netlink.TCP_ESTABLISHED {
			id = s.ID
		}
	}
	_ = client.(*net.TCPConn).SetLinger(0) // a reset: nothing of it is left
	client.Close()
	_, _ = server.Read(make([]byte, 1))
	server.Close()
	if err := resetSocket(id); err == nil {
		t.Error("what has ended was reset")
	}
	client, server = dial()
	client.Close()
	server.Close()
}
