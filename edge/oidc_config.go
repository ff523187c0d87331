package edge

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/natter-chat/natter/oidc"
)

// providerID stands in the addresses of the provider's routes. There is one.
const providerID = "main"

// OIDCConfig is the OpenID provider with which people may sign in.
type OIDCConfig struct {
	Issuer       string     `env:"NATTER_OIDC_ISSUER" help:"OpenID provider with which people may sign in, such as https://accounts.example.org; register NATTER_PUBLIC_URL/api/oidc/main/callback there; none: nobody's"`
	ClientID     string     `env:"NATTER_OIDC_CLIENT_ID" help:"natter's id at that provider"`
	ClientSecret OIDCSecret `env:"NATTER_OIDC_CLIENT_SECRET" help:"natter's secret there"`
	Name         string     `env:"NATTER_OIDC_NAME" envDefault:"OpenID" help:"what the page calls that provider"`
}

// OIDCSecret does not show.
type OIDCSecret string

// String and LogValue keep the secret out of logs and printed configurations.
func (OIDCSecret) String() string       { return "redacted" }
func (OIDCSecret) GoString() string     { return "redacted" }
func (OIDCSecret) LogValue() slog.Value { return slog.StringValue("redacted") }

func (c OIDCConfig) validate(public string) error {
	if c.Issuer == "" {
		return nil
	}
	var errs []error
	if u, err := url.Parse(c.Issuer); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.RawQuery != "" || u.Fragment != "" {
		errs = append(errs, fmt.Errorf("NATTER_OIDC_ISSUER: %q is no issuer: write https://host/path", c.Issuer))
	} else if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		errs = append(errs, fmt.Errorf("NATTER_OIDC_ISSUER: %q is not encrypted, so that anybody on the way could be anyone: write https:// (http:// is for a provider on this machine)", c.Issuer))
	}
	if c.ClientID == "" {
		errs = append(errs, errors.New("NATTER_OIDC_ISSUER needs NATTER_OIDC_CLIENT_ID"))
	}
	if public == "" {
		errs = append(errs, errors.New("NATTER_OIDC_ISSUER needs NATTER_PUBLIC_URL, to which the provider sends people back"))
	}
	return errors.Join(errs...)
}

// isLoopback reports whether what the host names is this machine, whatever a
// name server says.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && addr.Unmap().IsLoopback()
}

// newElsewhere returns the provider, or nil. It asks it nothing yet.
func newElsewhere(cfg Config, now func() time.Time) *oidc.Provider {
	if cfg.OIDC.Issuer == "" {
		return nil
	}
	return oidc.New(oidc.Config{Issuer: cfg.OIDC.Issuer, ClientID: cfg.OIDC.ClientID, ClientSecret: string(cfg.OIDC.ClientSecret),
		Redirect: cfg.PublicURL + "/api/oidc/" + providerID + "/callback"}, now)
}

// providers are where people may sign in besides here.
func (e *Edge) providers() []OIDCProvider {
	if e.elsewhere == nil {
		return []OIDCProvider{}
	}
	return []OIDCProvider{{ID: providerID, Name: e.cfg.OIDC.Name}}
}
