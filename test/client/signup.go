package client

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// Signup makes a user with an address of their own and logs in. The code comes
// from the mailbox that natter shows in development: one with a mail server
// lets no program sign up.
func (c *Client) Signup(ctx context.Context, name, password string) error {
	email := strings.ToLower(rand.Text()) + "@example.org"
	flow, err := c.StartSignup(ctx, name, email, password)
	if err != nil {
		return err
	}
	code, err := c.MailedCode(ctx, email)
	if err != nil {
		return err
	}
	return c.VerifySignup(ctx, flow, code, "")
}

// StartSignup asks for a code and returns the flow that it belongs to.
func (c *Client) StartSignup(ctx context.Context, name, email, password string) (flow string, err error) {
	return c.startFlow(ctx, http.MethodPost, "/api/signup", map[string]string{"name": name, "email": email, "password": password})
}

// VerifySignup sends the code back, with another name if the first was taken.
func (c *Client) VerifySignup(ctx context.Context, flow, code, name string) error {
	body := map[string]string{"flow": flow, "code": code}
	if name != "" {
		body["name"] = name
	}
	return c.enter(ctx, "/api/signup/verify", body, http.StatusCreated)
}

func (c *Client) startFlow(ctx context.Context, method, path string, body any) (flow string, err error) {
	var f struct {
		Flow string `json:"flow"`
	}
	_, err = c.call(ctx, method, path, body, &f, expect(http.StatusAccepted))
	return f.Flow, err
}

// mailWithin is how long a mail may take to arrive in the mailbox.
const mailWithin = 10 * time.Second

// MailedCode waits for the newest mail to an address and returns the code in it.
func (c *Client) MailedCode(ctx context.Context, email string) (string, error) {
	var entrance struct {
		Mailbox string `json:"mailbox"`
	}
	if _, err := c.call(ctx, http.MethodGet, "/api/entrance", nil, &entrance); err != nil {
		return "", err
	}
	if entrance.Mailbox == "" {
		return "", fmt.Errorf("natter at %s sends its mails out: no program can read the code", c.Edge)
	}
	ctx, cancel := context.WithTimeout(ctx, mailWithin)
	defer cancel()
	for {
		code, err := c.lookForCode(ctx, entrance.Mailbox+".json?to="+url.QueryEscape(email))
		if code != "" || err != nil {
			return code, err
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-ctx.Done():
			return "", fmt.Errorf("no mail to %s: %w", email, ctx.Err())
		}
	}
}

func (c *Client) lookForCode(ctx context.Context, at string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return "", err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return "", fmt.Errorf("look into the mailbox: %w", err)
	}
	defer res.Body.Close()
	var mails []struct {
		Subject string `json:"subject"`
	}
	if err := json.NewDecoder(res.Body).Decode(&mails); err != nil {
		return "", fmt.Errorf("look into the mailbox: status %d: %w", res.StatusCode, err)
	}
	if len(mails) == 0 {
		return "", nil
	}
	return regexp.MustCompile(`[0-9]{8}`).FindString(mails[0].Subject), nil
}
