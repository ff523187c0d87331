package local_test

import (
	"net"
	"strconv"
	"testing"

	"github.com/natter-chat/natter/internal/local"
)

func TestFreePortsAreNoneThatAConnectionTakes(t *testing.T) {
	ports, err := local.FreePorts(50)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{}
	for _, port := range ports {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if seen[port] || port >= 32768 {
			t.Errorf("%d: seen before: %v", port, seen[port])
		}
		seen[port] = true
	}
}
