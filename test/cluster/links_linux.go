package cluster

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// addBridge makes the switch to which a network's namespaces are joined, and
// gives the runner its address on it.
func addBridge(name string, runner netip.Addr) error {
	attributes := netlink.NewLinkAttrs()
	attributes.Name = name
	// Left alone it takes the smallest of its ports', and whoever knew it before
	// the next port came sends into the void for half a minute.
	attributes.HardwareAddr = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	bridge := &netlink.Bridge{LinkAttrs: attributes}
	if err := netlink.LinkAdd(bridge); err != nil {
		return fmt.Errorf("make a bridge, which needs CAP_NET_ADMIN: %w", err)
	}
	return errors.Join(addAddress(name, runner), netlink.LinkSetUp(bridge))
}

// addAddress gives one more address to a link of the runner's namespace.
func addAddress(link string, a netip.Addr) error {
	l, err := netlink.LinkByName(link)
	if err != nil {
		return err
	}
	return netlink.AddrAdd(l, address(a))
}

func removeLink(name string) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return err
	}
	return netlink.LinkDel(l)
}

// join connects a namespace with a bridge by a cable and gives it an address.
func join(n *namespace, bridge, cable string, a netip.Addr) error {
	b, err := netlink.LinkByName(bridge)
	if err != nil {
		return err
	}
	attributes := netlink.NewLinkAttrs()
	attributes.Name, attributes.MasterIndex = cable, b.Attrs().Index
	veth := &netlink.Veth{LinkAttrs: attributes, PeerName: "eth0", PeerNamespace: netlink.NsFd(n.file.Fd())}
	if err := netlink.LinkAdd(veth); err != nil {
		return fmt.Errorf("lay a cable into a namespace: %w", err)
	}
	inside, err := netlink.NewHandleAt(netns.NsHandle(n.file.Fd()))
	if err != nil {
		return err
	}
	defer inside.Close()
	if err := furnish(inside, a); err != nil {
		return fmt.Errorf("raise a namespace's links: %w", err)
	}
	return netlink.LinkSetUp(veth)
}

func furnish(inside *netlink.Handle, a netip.Addr) error {
	lo, err := inside.LinkByName("lo")
	if err != nil {
		return err
	}
	eth, err := inside.LinkByName("eth0")
	if err != nil {
		return err
	}
	return errors.Join(inside.AddrAdd(eth, address(a)), inside.LinkSetUp(lo), inside.LinkSetUp(eth))
}

func address(a netip.Addr) *netlink.Addr {
	return &netlink.Addr{IPNet: &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(24, 32)}}
}
