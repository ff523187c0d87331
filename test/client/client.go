package client

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/natter-chat/natter/events"
)

// Client is one login of one person, at one edge.
type Client struct {
	Edge string // such as "http://127.0.0.1:8080"
	http *http.Client
	*login
}

// login is shared by the same login at several edges.
type login struct {
	mu      sync.Mutex
	user    events.Person
	session string
	token   string
	cookie  *http.Cookie
	expires time.Time
}

// New returns a client without a login. Requests end after 30 s beyond what
// the server was asked to wait.
func New(edge string) *Client {
	return &Client{Edge: edge, http: &http.Client{Timeout: 65 * time.Second}, login: &login{}}
}

// At returns the same login at another edge.
func (c *Client) At(edge string) *Client {
	return &Client{Edge: edge, http: c.http, login: c.login}
}

// User returns who is logged in.
func (l *login) User() events.Person { l.mu.Lock(); defer l.mu.Unlock(); return l.user }

// Session returns the session's id.
func (l *login) Session() string { l.mu.Lock(); defer l.mu.Unlock(); return l.session }

// Token returns the access token, which may have expired.
func (l *login) Token() string { l.mu.Lock(); defer l.mu.Unlock(); return l.token }

// Expires returns when the access token ends.
func (l *login) Expires() time.Time { l.mu.Lock(); defer l.mu.Unlock(); return l.expires }

// SetToken replaces the access token, such as by a forged one.
func (l *login) SetToken(token string) { l.mu.Lock(); defer l.mu.Unlock(); l.token = token }

type credentials struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

type loggedIn struct {
	User      events.Person `json:"user"`
	Session   string        `json:"session"`
	Token     string        `json:"access_token"`
	ExpiresIn int           `json:"expires_in"`
	Time      time.Time     `json:"time"`
}

// Login starts another session of the user.
func (c *Client) Login(ctx context.Context, name, password string) error {
	return c.enter(ctx, "/api/login", credentials{name, password}, http.StatusOK)
}

// Refresh redeems the refresh cookie for the next access token.
func (c *Client) Refresh(ctx context.Context) error {
	return c.enter(ctx, "/api/session/refresh", nil, http.StatusOK)
}

func (c *Client) enter(ctx context.Context, path string, body any, want int) error {
	var in loggedIn
	res, err := c.call(ctx, http.MethodPost, path, body, &in, expect(want))
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.user, c.session, c.token = in.User, in.Session, in.Token
	c.expires = time.Now().Add(time.Duration(in.ExpiresIn) * time.Second)
	for _, cookie := range res.Cookies() {
		c.cookie = cookie
	}
	return nil
}

// Logout ends the session. When it returns, every edge refuses its tokens.
func (c *Client) Logout(ctx context.Context) error {
	_, err := c.call(ctx, http.MethodDelete, "/api/session", nil, nil)
	return err
}

// Me asks the edge who this is.
func (c *Client) Me(ctx context.Context) (user events.Person, err error) {
	var me struct {
		User events.Person `json:"user"`
	}
	_, err = c.call(ctx, http.MethodGet, "/api/me", nil, &me)
	return me.User, err
}

// Ticket returns a single-use ticket for a socket or stream.
func (c *Client) Ticket(ctx context.Context) (string, error) {
	var t struct {
		Ticket string `json:"ticket"`
	}
	_, err := c.call(ctx, http.MethodPost, "/api/tickets", nil, &t)
	return t.Ticket, err
}
