package edge

import (
	"net"
	"net/http"
	"time"

	"github.com/natter-chat/natter/chat"
)

// The refresh cookie never goes to scripts, and never along with a request that
// another site caused.
//
// Over https its name has the prefix __Host-: the browser takes it only from this
// very host and over https, so that no other subdomain and nobody between can
// plant one (RFC 6265bis, section 4.1.3.2). That asks for the path /. Over plain
// http, in development, it goes to the session's endpoints only.
const (
	cookieName   = "natter_refresh"
	cookiePath   = "/api/session"
	securePrefix = "__Host-"
)

// cookieFor names the cookie for the port that the client sees. Browsers do
// not keep cookies of two ports apart, and two edges on one host would log each
// other's people out.
func (e *Edge) cookieFor(r *http.Request) string {
	name := cookieName
	if _, port, err := net.SplitHostPort(r.Host); err == nil && port != "" && !(e.secure(r) && port == "443") {
		name += "_" + port
	}
	if e.secure(r) {
		name = securePrefix + name
	}
	return name
}

func (e *Edge) secure(r *http.Request) bool { return e.scheme(r) == "https" }

// refreshCookie returns the cookie with the session's next refresh token.
func (e *Edge) refreshCookie(r *http.Request, s chat.Session) http.Cookie {
	c := e.cookie(r, e.Keys.Refresh(s.ID, s.Generation))
	if !s.Expires.IsZero() {
		c.Expires = s.Expires
		c.MaxAge = max(1, int(s.Expires.Sub(e.Now())/time.Second))
	}
	return c
}

// noCookie removes it.
func (e *Edge) noCookie(r *http.Request) http.Cookie {
	c := e.cookie(r, "")
	c.MaxAge = -1
	return c
}

func (e *Edge) cookie(r *http.Request, value string) http.Cookie {
	c := http.Cookie{Name: e.cookieFor(r), Value: value, Path: cookiePath, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if e.secure(r) {
		c.Secure, c.Path = true, "/"
	}
	return c
}

// cookieToken returns the refresh token of a request that may use it.
func (e *Edge) cookieToken(r *http.Request) (string, error) {
	if !e.fromOwnPage(r) {
		return "", chat.Errorf(chat.Forbidden, "This request does not come from natter's own page: its Origin is another, or missing.")
	}
	c, err := r.Cookie(e.cookieFor(r))
	if err != nil || c.Value == "" {
		return "", chat.Errorf(chat.Unauthenticated, "There is no session here: log in.")
	}
	return c.Value, nil
}
