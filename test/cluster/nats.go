package cluster

import (
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/natter-chat/natter/internal/local"
)

// NATS is one of the log's servers, a process of its own.
type NATS struct {
	*Process
	Address string // host:port of its clients
	Monitor string // URL of its monitoring

	dir   string // what it stores
	route string // URL for the other servers
	alone bool   // there are none
}

// URL is where clients connect.
func (n *NATS) URL() string { return "nats://" + n.Address }

// Dir is where the server stores the log.
func (n *NATS) Dir() string { return n.dir }

// NATSURL names all servers, as a role gets them.
func (c *Cluster) NATSURL() string {
	var all []string
	for _, n := range c.NATSServers {
		all = append(all, n.URL())
	}
	return strings.Join(all, ",")
}

// startNATS starts the log's servers and waits until they are healthy.
func (c *Cluster) startNATS() error {
	for i := range max(1, c.options.NATSServers) {
		n, err := c.newNATS(i + 1)
		if err != nil {
			return err
		}
		c.NATSServers = append(c.NATSServers, n)
	}
	c.NATS = c.NATSServers[0]
	var routes []string
	for _, n := range c.NATSServers {
		routes = append(routes, n.route)
	}
	for _, n := range c.NATSServers {
		if n.alone = len(routes) == 1; !n.alone {
			n.args = append(n.args, "-routes", strings.Join(routes, ","))
		}
		if err := n.Start(); err != nil {
			return err
		}
	}
	return c.Current(30 * time.Second)
}

// newNATS prepares a server; routes are known when all are prepared.
func (c *Cluster) newNATS(number int) (*NATS, error) {
	path, err := c.options.Binaries.Path("natsd")
	if err != nil {
		return nil, err
	}
	at, err := c.settle()
	if err != nil {
		return nil, err
	}
	ports, err := local.FreePorts(3)
	if err != nil {
		return nil, err
	}
	host := func(port int) string { return netip.AddrPortFrom(at.addr, uint16(port)).String() }
	name := "nats"
	if c.options.NATSServers > 1 {
		name = fmt.Sprintf("nats-%d", number)
	}
	args := []string{"-dir", c.file(name), "-host", at.addr.String(), "-port", strconv.Itoa(ports[0]), "-monitor", strconv.Itoa(ports[1])}
	if c.options.NATSServers > 1 {
		args = append(args, "-name", name, "-route-port", strconv.Itoa(ports[2]))
	}
	return &NATS{
		Process: &Process{Name: name, path: path, args: args, env: os.Environ(), log: c.file(name + ".log"), place: at},
		dir:     c.file(name), Address: host(ports[0]), Monitor: "http://" + host(ports[1]), route: "nats://" + host(ports[2]),
	}, nil
}

// Restart starts the server at its address and waits until it has recovered
// what it holds. One of several may not be current yet: see Cluster.Current.
func (n *NATS) Restart() error {
	if err := n.Start(); err != nil {
		return err
	}
	page := "/healthz"
	if !n.alone {
		page += "?js-enabled-only=true"
	}
	return poll(30*time.Second, func() error { return n.well(page) })
}

// Current waits until every server runs and has all that the others have:
// each stream and consumer has a leader, and all copies are up to date.
func (c *Cluster) Current(within time.Duration) error {
	deadline := time.Now().Add(within)
	for _, n := range c.NATSServers {
		if err := poll(time.Until(deadline), func() error { return n.well("/healthz") }); err != nil {
			return fmt.Errorf("%s is not current: %w", n.Name, err)
		}
	}
	return nil
}

func (n *NATS) well(page string) error {
	if err := n.died(); err != nil {
		return err
	}
	return healthy(n.Monitor + page)
}

// healthy asks a health page.
func healthy(url string) error {
	client := http.Client{Timeout: 2 * time.Second}
	res, err := client.Get(url)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(res.Body, 1<<10))
		return fmt.Errorf("%s: %s: %s", url, res.Status, body)
	}
	return nil
}
