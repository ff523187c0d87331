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
	for _, port := range ports {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			t.Fatal(err) // among others if it was returned twice
		}
		defer l.Close()
		if port >= 32768 {
			t.Errorf("a connection may take %d", port)
		}
	}
}
