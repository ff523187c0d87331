package local

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// Systems take the ports of outgoing connections from 32768 (Linux) or from 49152
// (RFC 6335) on: of these, none can take one before its program listens, or
// while it starts again.
const lowestPort, highestPort = 10_000, 32_767

// FreePorts returns n different ports of the loopback interface on which nobody
// listens at this moment.
func FreePorts(n int) ([]int, error) {
	var ports []int
	for tries := 0; len(ports) < n; tries++ {
		port := lowestPort + rand.IntN(highestPort-lowestPort+1)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			if tries > 100+n {
				return nil, fmt.Errorf("find a free port: %w", err)
			}
			continue
		}
		defer l.Close()
		ports = append(ports, port)
	}
	return ports, nil
}

// FreePort returns one.
func FreePort() (int, error) {
	ports, err := FreePorts(1)
	if err != nil {
		return 0, err
	}
	return ports[0], nil
}
