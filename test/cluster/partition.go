package cluster

import (
	"errors"
	"fmt"
	"slices"
)

// Party is one end of a link that can be cut: a NATS server, PostgreSQL, a
// role, an edge, or Clients.
type Party interface{ at() place }

// Way is the direction that a partition cuts, seen from its first party.
type Way int

const (
	BothWays Way = iota
	Outgoing     // what the first party sends is lost
	Incoming     // what is sent to it is lost
)

func (w Way) String() string { return [...]string{"both ways", "outgoing", "incoming"}[w] }

// Cut is a partition that stands.
type Cut struct {
	cluster *Cluster
	rules   []*rule
}

// Clients is this program as a party: those who talk to the edges.
func (c *Cluster) Clients() Party { return clients{c} }

type clients struct{ c *Cluster }

func (x clients) at() place   { return x.c.network.runner }
func (p *Process) at() place  { return p.place }
func (p *Postgres) at() place { return p.place }

// Partition drops silently all packets between p and each of the others, until
// Heal. Connections stay as they are and hear nothing.
func (c *Cluster) Partition(p Party, way Way, others ...Party) (*Cut, error) {
	if c.network == nil {
		return nil, errors.New("a partition needs Options.Network, which needs root")
	}
	k := &Cut{cluster: c}
	c.cuts = append(c.cuts, k)
	for _, other := range others {
		for _, link := range links(p, other) {
			if err := k.cut(link[0], link[1], way); err != nil {
				return nil, errors.Join(err, k.Heal())
			}
		}
	}
	return k, nil
}

// links returns the ends of all ways from p to other: an edge may reach a NATS
// server through its proxy as well.
func links(p, other Party) [][2]place {
	all := [][2]place{{p.at(), other.at()}}
	if proxy := between(p, other); proxy != nil {
		all = append(all, [2]place{p.at(), proxy.place})
	}
	if proxy := between(other, p); proxy != nil {
		all = append(all, [2]place{proxy.place, other.at()})
	}
	return all
}

// between returns the proxy through which an edge reaches a server, nil if
// there is none.
func between(a, b Party) *Proxy {
	edge, isEdge := a.(*Edge)
	server, isServer := b.(*NATS)
	if !isEdge || !isServer {
		return nil
	}
	return edge.proxies[server]
}

func (k *Cut) cut(here, there place, way Way) error {
	if way != Incoming {
		if err := k.drop(here, there); err != nil {
			return err
		}
	}
	if way != Outgoing {
		return k.drop(there, here)
	}
	return nil
}

func (k *Cut) drop(from, to place) error {
	k.cluster.rules++
	r, err := to.in.drop(fmt.Sprintf("cut%d", k.cluster.rules), from.addr, to.addr)
	if err == nil {
		k.rules = append(k.rules, r)
	}
	return err
}

// Dropped counts the packets that the cut has swallowed: 0 means that it has
// not hit anything yet.
func (k *Cut) Dropped() (sum uint64, err error) {
	for _, r := range k.rules {
		n, err := r.dropped()
		if err != nil {
			return 0, err
		}
		sum += n
	}
	return sum, nil
}

// Heal ends the cut. What was lost comes again when TCP repeats it, at the
// latest after as long as the cut lasted.
func (k *Cut) Heal() error {
	var wrong []error
	for _, r := range k.rules {
		wrong = append(wrong, r.remove())
	}
	k.rules = nil
	k.cluster.cuts = slices.DeleteFunc(k.cluster.cuts, func(other *Cut) bool { return other == k })
	return errors.Join(wrong...)
}

// Heal ends every cut.
func (c *Cluster) Heal() error {
	var wrong []error
	for _, k := range slices.Clone(c.cuts) {
		wrong = append(wrong, k.Heal())
	}
	return errors.Join(wrong...)
}
