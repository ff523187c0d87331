package edge

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// scheme returns how the client reached natter: "https" or "http".
func (e *Edge) scheme(r *http.Request) string { return e.proxies.scheme(r) }

// originAllowed reports whether the request's Origin is natter's own, as this
// request sees it, or one that the operator named. "null" and anything that is
// no origin is not.
func (e *Edge) originAllowed(r *http.Request) bool {
	if len(r.Header.Values("Origin")) != 1 {
		return false
	}
	origin := r.Header.Get("Origin")
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	if slices.ContainsFunc(e.cfg.Origins, func(o string) bool { return strings.EqualFold(o, origin) }) {
		return true
	}
	return u.Scheme == e.scheme(r) && strings.EqualFold(u.Host, r.Host)
}

// publicOrigin returns where people find natter, for a link that is handed on. A
// request's Host is what its sender says, or a proxy passes on: it counts only
// where it names this machine or an origin that the operator named. "" else: the
// link is relative to where whoever asked found natter.
func (e *Edge) publicOrigin(r *http.Request) string {
	if e.cfg.PublicURL != "" {
		return e.cfg.PublicURL
	}
	origin := e.scheme(r) + "://" + r.Host
	u, err := url.Parse(origin)
	if err != nil || u.Host != r.Host {
		return ""
	}
	if isLoopback(u.Hostname()) || slices.ContainsFunc(e.cfg.Origins, func(o string) bool { return strings.EqualFold(o, origin) }) {
		return origin
	}
	return ""
}

// fromOwnPage reports whether a request that carries a cookie comes from a
// page that may use it: a browser says so by Origin or, where it sends none, by
// Sec-Fetch-Site. A request without either may be forged by another site.
func (e *Edge) fromOwnPage(r *http.Request) bool {
	if r.Header.Get("Origin") != "" {
		return e.originAllowed(r)
	}
	return r.Header.Get("Sec-Fetch-Site") == "same-origin"
}

// clientAddress returns what stands for one client in limits: an IPv4 address,
// or the /64 of an IPv6 one, which a single household owns.
func (e *Edge) clientAddress(r *http.Request) string {
	addr, ok := e.proxies.client(r)
	if !ok {
		return "unknown"
	}
	if addr.Is6() {
		if prefix, err := addr.Prefix(64); err == nil {
			return prefix.String()
		}
	}
	return addr.String()
}

// newCrossOrigin returns what refuses a writing request that a browser sends for
// a page of another site (Sec-Fetch-Site or, from an old browser, Origin). It is
// there for routes that need no cookie, too: another site must not log anybody
// in, or reach an edge in somebody's home network. Programs send neither header.
func newCrossOrigin(origins []string) (*http.CrossOriginProtection, error) {
	c := http.NewCrossOriginProtection()
	for _, origin := range origins {
		if err := c.AddTrustedOrigin(strings.ToLower(origin)); err != nil {
			return nil, fmt.Errorf("NATTER_ORIGINS: %w", err)
		}
	}
	return c, nil
}
