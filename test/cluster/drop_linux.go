package cluster

import (
	"fmt"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
)

// rule drops what arrives in a namespace, and counts it.
type rule struct {
	in    *namespace
	table *nftables.Table
	chain *nftables.Chain
}

// Offsets of the addresses in an IPv4 header.
const (
	sourceOffset      = 12
	destinationOffset = 16
)

// drop makes packets from one address to another vanish where they arrive, so
// that their sender learns nothing.
func (n *namespace) drop(name string, from, to netip.Addr) (*rule, error) {
	conn, err := n.nft()
	if err != nil {
		return nil, err
	}
	r := &rule{in: n}
	r.table = conn.AddTable(&nftables.Table{Family: nftables.TableFamilyIPv4, Name: "natter"})
	r.chain = conn.AddChain(&nftables.Chain{Table: r.table, Name: name, Type: nftables.ChainTypeFilter,
		Hooknum: nftables.ChainHookInput, Priority: nftables.ChainPriorityFilter})
	exprs := append(match(sourceOffset, from), match(destinationOffset, to)...)
	exprs = append(exprs, &expr.Counter{}, &expr.Verdict{Kind: expr.VerdictDrop})
	conn.AddRule(&nftables.Rule{Table: r.table, Chain: r.chain, Exprs: exprs})
	if err := conn.Flush(); err != nil {
		return nil, fmt.Errorf("make a rule that drops packets, which needs nf_tables in the kernel: %w", err)
	}
	return r, nil
}

func match(offset uint32, a netip.Addr) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: 4},
		&expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: a.AsSlice()},
	}
}

// dropped counts the packets that the rule swallowed.
func (r *rule) dropped() (packets uint64, err error) {
	conn, err := r.in.nft()
	if err != nil {
		return 0, err
	}
	rules, err := conn.GetRules(r.table, r.chain)
	if err != nil {
		return 0, fmt.Errorf("count dropped packets: %w", err)
	}
	for _, one := range rules {
		for _, e := range one.Exprs {
			if counter, ok := e.(*expr.Counter); ok {
				packets += counter.Packets
			}
		}
	}
	return packets, nil
}

func (r *rule) remove() error {
	conn, err := r.in.nft()
	if err != nil {
		return err
	}
	conn.FlushChain(r.chain)
	conn.DelChain(r.chain)
	if err := conn.Flush(); err != nil {
		return fmt.Errorf("end a rule that drops packets: %w", err)
	}
	return nil
}

func (n *namespace) nft() (*nftables.Conn, error) {
	conn, err := nftables.New(nftables.WithNetNSFd(int(n.file.Fd())))
	if err != nil {
		return nil, fmt.Errorf("reach a namespace's packet filter: %w", err)
	}
	return conn, nil
}
