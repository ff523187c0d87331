package cluster

import "strings"

// newProxies starts a proxy before each NATS server.
func (c *Cluster) newProxies() (map[*NATS]*Proxy, error) {
	all := map[*NATS]*Proxy{}
	for _, n := range c.NATSServers {
		at, err := c.settleBeside()
		if err == nil {
			all[n], err = newProxy(n.Address, at)
		}
		if err != nil {
			delete(all, n)
			closeAll(all)
			return nil, err
		}
	}
	return all, nil
}

func closeAll(proxies map[*NATS]*Proxy) {
	for _, p := range proxies {
		p.Close()
	}
}

func (e *Edge) closeProxies() { closeAll(e.proxies) }

// proxyURL names the edge's proxies as NATS_URL does servers.
func (e *Edge) proxyURL(servers []*NATS) string {
	var all []string
	for _, n := range servers {
		all = append(all, e.proxies[n].URL())
	}
	return strings.Join(all, ",")
}

// DropLive makes the edge's proxies drop republished events, as Proxy.DropLive
// does. It has no effect without Options.Proxies.
func (e *Edge) DropLive(prefix string, probability float64, seed uint64) {
	for _, p := range e.proxies {
		p.DropLive(prefix, probability, seed)
	}
}

// PassLive ends DropLive.
func (e *Edge) PassLive() {
	for _, p := range e.proxies {
		p.Pass()
	}
}

// DroppedLive counts what the edge's proxies have dropped so far.
func (e *Edge) DroppedLive() (sum int) {
	for _, p := range e.proxies {
		sum += p.Dropped()
	}
	return sum
}
