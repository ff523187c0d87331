package edge

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// proxies are the addresses whose X-Forwarded-For and X-Forwarded-Proto are
// believed: the operator's own reverse proxies. Anybody can write those headers.
type proxies []netip.Prefix

// widest is the shortest prefix that may be trusted: private ranges are 7 (fc00::/7)
// and 8 bits (10.0.0.0/8).
const widest = 7

// parseProxies reads addresses and ranges in CIDR form.
func parseProxies(list []string) (proxies, error) {
	var known proxies
	for _, text := range list {
		text = strings.TrimSpace(text)
		if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
			addr = addr.Unmap()
			known = append(known, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil || prefix.Addr().Is4In6() {
			return nil, fmt.Errorf("NATTER_TRUSTED_PROXIES: %q is no address and no range such as 10.0.0.0/8", text)
		}
		if prefix.Bits() < widest {
			return nil, fmt.Errorf("NATTER_TRUSTED_PROXIES: %q holds strangers, who could write what address they liked: name your reverse proxies", text)
		}
		known = append(known, prefix.Masked())
	}
	return known, nil
}

func (p proxies) trust(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// client returns the address of whoever sent the request. Each trusted proxy
// appends the address that it saw, so the list is read from its end: the first
// address that is not a trusted proxy's is the client's, and what stands before
// it is only what the client says.
func (p proxies) client(r *http.Request) (netip.Addr, bool) {
	addr, ok := peer(r)
	if !ok || !p.trust(addr) {
		return addr, ok
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := parseHop(strings.TrimSpace(hops[i]))
		if err != nil {
			break // nothing before it can be believed
		}
		if addr = hop; !p.trust(addr) {
			break
		}
	}
	return addr, true
}

// scheme returns how the client reached natter: "https" or "http".
func (p proxies) scheme(r *http.Request) string {
	if addr, ok := peer(r); ok && p.trust(addr) {
		if proto := r.Header.Get("X-Forwarded-Proto"); proto == "https" || proto == "http" {
			return proto
		}
	}
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// peer returns the other end of the request's connection.
func peer(r *http.Request) (netip.Addr, bool) {
	addr, err := netip.ParseAddrPort(r.RemoteAddr)
	return plain(addr.Addr()), err == nil
}

// parseHop reads an address, with a port or without: proxies write both.
func parseHop(text string) (netip.Addr, error) {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	addr, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return plain(addr), err
}

// plain is the one form in which an address is compared.
func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }
