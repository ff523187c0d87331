package edge

import (
	"strings"
	"testing"
)

func TestNonsenseIsRefusedAtTheStartAllAtOnce(t *testing.T) {
	nonsense := Config{Sessions: 5, QueueBytes: 1, TrustedProxies: []string{"0.0.0.0/0"}, PublicURL: "https://chat.example.org",
		OIDC: OIDCConfig{Issuer: "http://id.example.org", ClientID: "natter"}}
	err := nonsense.Validate()
	if err == nil {
		t.Fatal("it was accepted")
	}
	for _, name := range []string{"NATTER_QUEUE_BYTES", "NATTER_TRUSTED_PROXIES", "NATTER_OIDC_ISSUER"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%s is missing in:\n%v", name, err)
		}
	}
}

func TestOneThatIsWrongIsRefusedAndItsNeighbourIsNot(t *testing.T) {
	sound := Config{Sessions: 5, PublicURL: "https://chat.example.org", OIDC: OIDCConfig{Issuer: "https://id.example.org", ClientID: "natter"}}
	for name, c := range map[string]struct {
		change func(*Config)
		fine   bool
	}{
		"a queue smaller than an event":   {func(c *Config) { c.QueueBytes = minQueue - 1 }, false},
		"the smallest queue":              {func(c *Config) { c.QueueBytes = minQueue }, true},
		"the usual queue":                 {func(c *Config) { c.QueueBytes = 0 }, true},
		"every IPv6 address":              {func(c *Config) { c.TrustedProxies = []string{"10.0.0.1", "::/0"} }, false},
		"half of all addresses, in pairs": {func(c *Config) { c.TrustedProxies = []string{"0.0.0.0/1", "128.0.0.0/1"} }, false},
		"a private range":                 {func(c *Config) { c.TrustedProxies = []string{"10.0.0.0/8", "fd00::/8"} }, true},
		"a provider without encryption":   {func(c *Config) { c.OIDC.Issuer = "http://localhost.example.org" }, false},
		"a provider on this machine":      {func(c *Config) { c.OIDC.Issuer = "http://127.0.0.1:8000/realm" }, true},
		"by its name":                     {func(c *Config) { c.OIDC.Issuer = "http://localhost:8000" }, true},
		"over IPv6":                       {func(c *Config) { c.OIDC.Issuer = "http://[::1]:8000" }, true},
	} {
		changed := sound
		c.change(&changed)
		if err := changed.Validate(); (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}
