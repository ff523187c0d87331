package testenv

import (
	"fmt"
	"testing"

	"github.com/natter-chat/natter/internal/local"
)

// NATSServers starts three servers that form a cluster and returns them with
// the options that start each again. Streams on it may have three replicas. It
// returns when the servers run, which is before they have elected a leader.
func NATSServers(t testing.TB) (servers []*local.NATS, options []local.NATSOptions) {
	t.Helper()
	ports, err := local.FreePorts(6)
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, port := range ports[:3] {
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", port))
	}
	for i := range 3 {
		o := local.NATSOptions{Dir: t.TempDir(), Port: ports[3+i],
			Cluster: &local.NATSCluster{Server: fmt.Sprintf("nats-%d", i+1), Port: ports[i], Routes: routes}}
		servers, options = append(servers, StartNATS(t, o)), append(options, o)
	}
	return servers, options
}
