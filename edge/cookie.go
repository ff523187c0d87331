package edge

import (
	"net"
	"net/http"
	"time"

	"github.com/natter-chat/natter/chat"
)

// The refresh cookie goes to the session's endpoints only, never to scripts,
// and never along with a request that another site caused.
const (
	cookieName = "natter_refresh"
	cookiePath = "/api/session"
)

// cookieFor names the cookie for the port that the client sees. Browsers do
// not keep cookies of two ports apart, and two edges on one host would log each
// other's people out.
func cookieFor(r *http.Request) string {
	if _, port, err := net.SplitHostPort(r.Host); err == nil && port != "" {
		return cookieName + "_" + port
	}
	return cookieName
}

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
	return http.Cookie{Name: cookieFor(r), Value: value, Path: cookiePath, HttpOnly: true,
		Secure: e.scheme(r) == "https", SameSite: http.SameSiteStrictMode}
}

// cookieToken returns the refresh token of a request that may use it.
func (e *Edge) cookieToken(r *http.Request) (string, error) {
	if !e.fromOwnPage(r) {
		return "", chat.Errorf(chat.Forbidden, "This request does not come from natter's own page: its Origin is another, or missing.")
	}
	c, err := r.Cookie(cookieFor(r))
	if err != nil || c.Value == "" {
		return "", chat.Errorf(chat.Unauthenticated, "There is no session here: log in.")
	}
	return c.Value, nil
}
