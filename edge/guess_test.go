package edge

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/internal/testenv"
)

// guesses are edges that count wrong passwords together.
func (w *world) guesses(most int) []*node {
	set := func(c *Config, _ *Deps) { behind(c); c.WrongPasswords = most }
	return []*node{w.edge(set), w.edge(set)}
}

func TestWrongPasswordsAreCountedOnAllEdgesTogether(t *testing.T) {
	w := newWorld(t)
	edges := w.guesses(3)
	edges[0].join(t, "ada")
	for name, who := range map[string]string{"an account": "ada", "an account by another spelling": "ADA", "no account": "nobody"} {
		t.Run(name, func(t *testing.T) {
			from := "203.0.113." + strconv.Itoa(len(who)+len(name))
			for i := range 3 {
				edges[i%2].logsIn(t, who, "wrong horse", from).problem(t, 401, chat.WrongCredentials)
			}
			for _, n := range edges {
				a := n.logsIn(t, who, "wrong horse", from)
				a.problem(t, 429, chat.RateLimited)
				if wait, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || wait < 800 || wait > 900 {
					t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
				}
				n.logsIn(t, who, "correct horse", from).problem(t, 429, chat.RateLimited)
			}
		})
	}
}

// Locking somebody out takes many addresses, and never ends what they have.
func TestAStrangerWhoGuessesDoesNotLockTheOwnerOut(t *testing.T) {
	w := newWorld(t)
	edges := w.guesses(2)
	ada := edges[0].join(t, "ada")
	for range 3 * 2 * guessSpread {
		edges[1].logsIn(t, "ada", "wrong horse", "198.51.100.1")
	}
	edges[1].logsIn(t, "ada", "correct horse", "203.0.113.1").must(t, 200)
	for i := range 2 * guessSpread {
		edges[i%2].logsIn(t, "ada", "wrong horse", fmt.Sprintf("198.51.100.%d", 1+i/2))
	}
	edges[0].logsIn(t, "ada", "correct horse", "203.0.113.2").problem(t, 429, chat.RateLimited)
	ada.call(edges[0], "GET", "/api/me", "").must(t, 200)
	ada.refresh(edges[0]).must(t, 200)
}

func TestSomebodysIDTypedAsANameSpendsNoneOfTheirGuesses(t *testing.T) {
	w := newWorld(t)
	one := w.guesses(2)[0]
	ada := one.join(t, "ada")
	for range 2 {
		one.logsIn(t, ada.id, "wrong horse", "127.0.0.1").problem(t, 401, chat.WrongCredentials)
	}
	one.logsIn(t, ada.id, "wrong horse", "127.0.0.1").problem(t, 429, chat.RateLimited)
	ada.call(one, "PUT", "/api/me/password", `{"old_password":"correct horse","password":"another horse"}`).must(t, 204)
}

func TestARightPasswordDoesNotCount(t *testing.T) {
	w := newWorld(t)
	edges := w.guesses(2)
	edges[0].join(t, "ada")
	edges[0].logsIn(t, "ada", "wrong horse", "203.0.113.1").must(t, 401)
	for i := range 6 {
		edges[i%2].logsIn(t, "ada", "correct horse", "203.0.113.1").must(t, 200)
	}
	edges[1].logsIn(t, "ada", "wrong horse", "203.0.113.1").must(t, 401)
	edges[0].logsIn(t, "ada", "correct horse", "203.0.113.1").must(t, 429)
}

func TestOfManyWrongPasswordsAtOnceExactlyAsManyAreLookedAtAsAllowed(t *testing.T) {
	w := newWorld(t)
	edges := w.guesses(5)
	edges[0].join(t, "ada")
	var looked, refused atomic.Int64
	var crowd sync.WaitGroup
	for i := range 24 {
		crowd.Go(func() {
			switch a := edges[i%2].logsIn(t, "ada", "wrong horse", "203.0.113.1"); a.status {
			case http.StatusUnauthorized:
				looked.Add(1)
			case http.StatusTooManyRequests:
				refused.Add(1)
			default:
				t.Errorf("%d: %s", a.status, a.body)
			}
		})
	}
	crowd.Wait()
	if looked.Load() != 5 || refused.Load() != 19 {
		t.Errorf("%d looked at, %d refused", looked.Load(), refused.Load())
	}
}

func TestOnePersonHasBoundedlyManyConnections(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.ConnectionsPerUser = 2 })
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	first := ada.connects(one)
	ada.listens(one, "")
	late := one.dials(t)
	late.sends(authFrame{Op: "auth", ID: 1, Token: ada.token})
	if code, bye := late.ends(); code != int(closeCrowded) || bye.Reconnect < 1000 {
		t.Errorf("%d, %+v", code, bye)
	}
	a := ada.call(one, "GET", "/api/notifications/stream", "")
	a.problem(t, 429, chat.RateLimited)
	if a.header.Get("Retry-After") != "30" {
		t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
	}
	bob.connects(one)
	first.ws.Close()
	testenv.Until(t, "the place is free again", func() bool {
		one.hub.conns.mu.Lock()
		defer one.hub.conns.mu.Unlock()
		return one.hub.conns.users[ada.id] == 1
	})
	ada.connects(one)
}
