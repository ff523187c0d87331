package cluster

import (
	"errors"
	"fmt"
	"net/netip"
	"sync/atomic"
)

// ErrNotRoot says why there are no partitions.
var ErrNotRoot = errors.New("partitions are made of network namespaces, which needs root: run this as root")

// network joins the namespaces of a cluster's processes. The runner stands at
// the bridge, with PostgreSQL and the proxies, each at an address of its own.
type network struct {
	bridge string
	number uint32
	hosts  uint32
	runner place
	spaces []*namespace
}

// place is where a party's packets leave and arrive.
type place struct {
	in   *namespace
	addr netip.Addr
}

// networks numbers this program's networks.
var networks atomic.Uint32

// openNetwork makes the cluster's network if it is to have one.
func (c *Cluster) openNetwork() (err error) {
	if c.options.Network {
		c.network, err = newNetwork()
	}
	return err
}

// newNetwork makes the bridge and the runner's place at it.
func newNetwork() (*network, error) {
	if !isolated() {
		return nil, errors.New("Options.Network needs Isolate, first in main")
	}
	n := &network{number: networks.Add(1)}
	n.bridge = fmt.Sprintf("natter%d", n.number)
	here, err := currentNamespace()
	if err != nil {
		return nil, err
	}
	n.spaces = append(n.spaces, here)
	n.runner = place{here, n.next()}
	return n, addBridge(n.bridge, n.runner.addr)
}

// next returns the next free address.
func (n *network) next() netip.Addr {
	n.hosts++
	return netip.AddrFrom4([4]byte{10, byte(77 + n.number>>8), byte(n.number), byte(n.hosts)})
}

// own makes a place for a process, in a namespace of its own.
func (n *network) own() (place, error) {
	space, err := newNamespace()
	if err != nil {
		return place{}, err
	}
	n.spaces = append(n.spaces, space)
	p := place{space, n.next()}
	return p, join(space, n.bridge, fmt.Sprintf("n%d-%d", n.number, n.hosts), p.addr)
}

// beside makes a place in the runner's namespace, at an address of its own.
func (n *network) beside() (place, error) {
	p := place{n.runner.in, n.next()}
	return p, addAddress(n.bridge, p.addr)
}

func (n *network) close() error {
	for _, space := range n.spaces {
		space.close()
	}
	return removeLink(n.bridge)
}

// loopback is every party's place where there is no network.
var loopback = netip.AddrFrom4([4]byte{127, 0, 0, 1})

// settle finds a place for a process.
func (c *Cluster) settle() (place, error) {
	if c.network == nil {
		return place{addr: loopback}, nil
	}
	return c.network.own()
}

// settleBeside finds a place for something in the runner's own process or
// namespace.
func (c *Cluster) settleBeside() (place, error) {
	if c.network == nil {
		return place{addr: loopback}, nil
	}
	return c.network.beside()
}
