package main

import (
	"fmt"

	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/test/cluster"
)

// cut separates a party from others, one way or both; that packets were
// swallowed shows that it hit.
func (k *run) cut(name string, p cluster.Party, from string, others ...cluster.Party) (*blow, error) {
	way := one(k.dice, []cluster.Way{cluster.BothWays, cluster.Outgoing, cluster.Incoming})
	c, err := k.Partition(p, way, others...)
	if err != nil {
		return nil, err
	}
	return &blow{heal: func(b *blow) error {
		dropped, err := c.Dropped()
		if err == nil && dropped > 0 {
			b.hit = fmt.Sprintf("%d packets between %s and %s were lost (%s)", dropped, name, from, way)
		}
		return c.Heal()
	}}, nil
}

// partitionNATS cuts a server off from the two others, as often as not from
// its clients, too. What it led, it must not acknowledge any more.
func partitionNATS(k *run) (*blow, error) {
	n := k.nats()
	var others []cluster.Party
	for _, other := range k.NATSServers {
		if other != n {
			others = append(others, other)
		}
	}
	if k.dice.IntN(2) == 0 {
		return k.cut(n.Name, n, "the other servers", others...)
	}
	for _, e := range k.Edges {
		others = append(others, e)
	}
	for _, r := range append(k.Persisters[:len(k.Persisters):len(k.Persisters)], k.Notifiers...) {
		others = append(others, r)
	}
	return k.cut(n.Name, n, "everybody", others...)
}

func (k *run) servers() (all []cluster.Party) {
	for _, n := range k.NATSServers {
		all = append(all, n)
	}
	return all
}

func partitionEdge(k *run) (*blow, error) {
	e := k.edge()
	switch k.dice.IntN(4) {
	case 0:
		return k.cut(e.Name, e, "PostgreSQL", k.Postgres)
	case 1:
		return k.cut(e.Name, e, "its clients", k.Clients())
	case 2:
		return k.cut(e.Name, e, "NATS and PostgreSQL", append(k.servers(), k.Postgres)...)
	}
	return k.cut(e.Name, e, "NATS", k.servers()...)
}

func partitionWorker(k *run) (*blow, error) {
	roles, consumer := k.Persisters, jetstream.PersisterChat
	if k.dice.IntN(2) == 0 {
		roles, consumer = k.Notifiers, jetstream.NotifierChat
	}
	r := k.active(roles, consumer)
	if consumer == jetstream.PersisterChat && k.dice.IntN(3) == 0 {
		return k.cut(r.Name, r, "PostgreSQL", k.Postgres)
	}
	return k.cut(r.Name, r, "NATS", k.servers()...)
}

// cutSockets resets what clients have open at all edges at once; where the
// kernel does not let us, the clients themselves cut theirs.
func cutSockets(k *run) (*blow, error) {
	cut := 0
	for _, e := range k.Edges {
		n, err := k.CutSockets(e)
		if err != nil {
			break
		}
		cut += n
	}
	if cut == 0 {
		for _, w := range k.town.lives {
			w.Cut()
			cut++
		}
	}
	return &blow{hit: fmt.Sprintf("%d connections were cut", cut)}, nil
}
