package edge

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheClientsAddressComesFromTrustedProxiesOnly(t *testing.T) {
	list, err := parseProxies([]string{"127.0.0.1", " 10.0.0.0/8", "fd00::/8"})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		peer      string
		forwarded []string
		client    string
	}{
		"no proxy":                           {"203.0.113.9:1", nil, "203.0.113.9"},
		"a stranger writes the header":       {"203.0.113.9:1", []string{"198.51.100.1"}, "203.0.113.9"},
		"the proxy says":                     {"127.0.0.1:1", []string{"198.51.100.1"}, "198.51.100.1"},
		"the client wrote one before":        {"127.0.0.1:1", []string{"192.0.2.66, 198.51.100.1"}, "198.51.100.1"},
		"in a line of its own":               {"127.0.0.1:1", []string{"192.0.2.66", "198.51.100.1"}, "198.51.100.1"},
		"the client names a trusted address": {"127.0.0.1:1", []string{"10.0.0.1, 198.51.100.1"}, "198.51.100.1"},
		"two proxies":                        {"127.0.0.1:1", []string{"198.51.100.1, 10.1.2.3"}, "198.51.100.1"},
		"two proxies and a liar":             {"127.0.0.1:1", []string{"192.0.2.66, 198.51.100.1, 10.1.2.3"}, "198.51.100.1"},
		"only proxies":                       {"127.0.0.1:1", []string{"10.9.9.9, 10.1.2.3"}, "10.9.9.9"},
		"no header":                          {"127.0.0.1:1", nil, "127.0.0.1"},
		"an empty header":                    {"127.0.0.1:1", []string{""}, "127.0.0.1"},
		"nonsense before the proxy's word":   {"127.0.0.1:1", []string{"unknown, 10.1.2.3"}, "10.1.2.3"},
		"nonsense":                           {"127.0.0.1:1", []string{"<script>"}, "127.0.0.1"},
		"with a port":                        {"127.0.0.1:1", []string{"198.51.100.1:4711"}, "198.51.100.1"},
		"IPv6 with a port":                   {"127.0.0.1:1", []string{"[2001:db8::1]:4711"}, "2001:db8::1"},
		"IPv6":                               {"[fd00::1]:1", []string{"2001:db8::1"}, "2001:db8::1"},
		"an IPv4 peer in IPv6 form":          {"[::ffff:127.0.0.1]:1", []string{"198.51.100.1"}, "198.51.100.1"},
		"an IPv4 client in IPv6 form":        {"127.0.0.1:1", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		"a zone does not make it another":    {"[fe80::1%eth0]:1", nil, "fe80::1"},
	} {
		t.Run(name, func(t *testing.T) {
			r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.forwarded}}
			if got, ok := list.client(r); !ok || got.String() != c.client {
				t.Errorf("%v, %t; want %s", got, ok, c.client)
			}
		})
	}
}

func TestTheSchemeComesFromTrustedProxiesOnly(t *testing.T) {
	list, _ := parseProxies([]string{"127.0.0.0/8"})
	for peer, want := range map[string]string{"127.0.0.1:1": "https", "203.0.113.9:1": "http", "[::1]:1": "http"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = peer
		r.Header.Set("X-Forwarded-Proto", "https")
		if got := list.scheme(r); got != want {
			t.Errorf("%s: %s, want %s", peer, got, want)
		}
	}
	if none, err := parseProxies(nil); err != nil || none.trust(plain(list[0].Addr())) {
		t.Error("without trusted proxies nobody is believed", err)
	}
}

func TestWhatIsNoProxyIsSaidAtTheStart(t *testing.T) {
	for _, bad := range []string{"nginx", "10.0.0.0/33", "127.0.0.1:8080", "fe80::1%eth0", "true"} {
		err := Config{TrustedProxies: []string{"127.0.0.1", bad}}.Validate()
		if err == nil || !strings.Contains(err.Error(), "NATTER_TRUSTED_PROXIES") || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	for _, old := range []string{"true", "false"} {
		if err := (Config{TrustProxy: old}).Validate(); err == nil || !strings.Contains(err.Error(), "set NATTER_TRUSTED_PROXIES to") {
			t.Errorf("%v", err)
		}
	}
}
