package local

import (
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
)

// By default Linux takes the ports of outgoing connections from 32768 on, and
// others from 49152 (RFC 6335): no connection takes one of these before its
// program listens, or while it starts again.
const lowestPort, ports = 10_000, 22_768

// Ports are looked at in order from somewhere, so that no two calls of a process
// return the same, and hardly ever those of two processes at once.
var (
	firstPort = rand.Uint32N(ports)
	drawn     atomic.Uint32
)

// FreePorts returns n ports of 127.0.0.1 on which nobody listens at this moment.
func FreePorts(n int) ([]int, error) {
	var free []int
	for tries := n + 100; len(free) < n; tries-- {
		port := int(lowestPort + (firstPort+drawn.Add(1))%ports)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			err = l.Close()
		}
		if err == nil {
			free = append(free, port)
		} else if tries <= 0 {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
	}
	return free, nil
}

// FreePort returns one.
func FreePort() (int, error) {
	free, err := FreePorts(1)
	if err != nil {
		return 0, err
	}
	return free[0], nil
}
