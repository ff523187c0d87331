package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"time"

	"github.com/natter-chat/natter/test/fault/laws"
)

// redeemer renews a session twice, and then tries the first token again.
type redeemer struct {
	*town
	name, edge string
	session    string
}

// grace is how long a token's direct successor is given out again.
const grace = 10 * time.Second

func (t *town) settleRedeemer(ctx context.Context, rng *dice, o options) error {
	p, err := t.person(ctx, "redeemer", rng)
	if err != nil {
		return err
	}
	t.every(3*time.Second, p.rng, func() {
		r := &redeemer{town: t, name: p.name, edge: p.Edge}
		r.family()
	})
	return nil
}

// family is one session's life: login, two tokens, the theft, the end.
func (r *redeemer) family() {
	first, ok := r.login()
	if !ok {
		return
	}
	began := time.Now()
	second, outcome := r.redeem(first, 1, "")
	if outcome != laws.OK || time.Since(began) > grace/2 {
		return // a token that waited too long for its answer is no theft
	}
	began = time.Now()
	third, outcome := r.redeem(second, 2, "")
	if outcome != laws.OK || time.Since(began) > grace/2 || pause(r.ctx, grace+time.Second) != nil {
		return
	}
	r.redeem(first, 1, "stale")
	r.redeem(third, 3, "")
}

func (r *redeemer) login() (cookie *http.Cookie, ok bool) {
	raw, _ := json.Marshal(map[string]string{"name": r.name, "password": password})
	cookie, in, status := r.send("/api/login", raw, nil)
	r.session = in
	return cookie, status == http.StatusOK
}

// redeem tries a token until it has a definite answer.
func (r *redeemer) redeem(cookie *http.Cookie, generation uint64, note string) (next *http.Cookie, outcome laws.Outcome) {
	for {
		rec := laws.Record{Client: r.name, Op: laws.Redeem, Start: r.now(), Edge: r.edge, Session: r.session, Seq: generation, Note: note, Outcome: laws.Info}
		next, _, status := r.send("/api/session/refresh", nil, cookie)
		switch status {
		case http.StatusOK:
			rec.Outcome = laws.OK
		case http.StatusUnauthorized:
			rec.Outcome = laws.Fail
		}
		r.add(rec)
		if rec.Outcome != laws.Info || pause(r.ctx, 200*time.Millisecond) != nil {
			return next, rec.Outcome
		}
	}
}

// send posts and returns the refresh cookie and the session of the answer; the
// status is 0 where there was none.
func (r *redeemer) send(path string, body []byte, cookie *http.Cookie) (next *http.Cookie, session string, status int) {
	ctx, cancel := context.WithTimeout(r.ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.edge+path, bytes.NewReader(body))
	if err != nil {
		return nil, "", 0
	}
	req.Header.Set("Origin", r.edge)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if cookie != nil {
		req.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, "", 0
	}
	defer res.Body.Close()
	var in struct {
		Session string `json:"session"`
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err != nil || json.Unmarshal(raw, &in) != nil {
		return nil, "", 0
	}
	for _, c := range res.Cookies() {
		next = c
	}
	return next, in.Session, res.StatusCode
}
