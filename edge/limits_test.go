package edge

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/natter-chat/natter/chat"
)

// behind lets a test choose the addresses that its clients come from.
func behind(c *Config) { c.TrustedProxies = []string{"127.0.0.0/8"} }

// logsIn tries a password from an address.
func (n *node) logsIn(t testing.TB, name, password, address string) answer {
	t.Helper()
	return n.call(t, "POST", "/api/login", fmt.Sprintf(`{"name":%q,"password":%q}`, name, password), "X-Forwarded-For", address)
}

func TestOneAddressCannotTryForEver(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { behind(c); c.AccountsPerMinute = 2 })
	try := func(address string) int { return one.logsIn(t, "ada", "x", "198.51.100.9, "+address).status }
	got := []int{try("203.0.113.1"), try("203.0.113.1"), try("203.0.113.1"), try("203.0.113.2"),
		try("2001:db8::1"), try("2001:db8::2"), try("2001:db8::3"), try("2001:db8:1::1")}
	want := []int{401, 401, 429, 401, 401, 401, 429, 401}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestAnAnswerTellsWhatIsLeftAndWhenToComeAgain(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.AccountsPerMinute, c.WrongPasswords = 2, 5 })
	a := one.call(t, "POST", "/api/login", `{"name":"ada","password":"x"}`).must(t, 401)
	if p, l := a.header.Values("RateLimit-Policy"), a.header.Values("RateLimit"); len(p) != 3 || len(l) != 3 ||
		p[0] != `"address";q=2;w=60` || p[1] != `"account";q=5;w=900` || p[2] != `"account-anywhere";q=50;w=900` ||
		!strings.HasPrefix(l[0], `"address";r=1;t=`) || l[1] != `"account";r=4;t=900` || l[2] != `"account-anywhere";r=49;t=900` {
		t.Errorf("%q\n%q", p, l)
	}
	one.call(t, "POST", "/api/login", `{"name":"ada","password":"x"}`).must(t, 401)
	a = one.call(t, "POST", "/api/login", `{"name":"ada","password":"x"}`)
	a.problem(t, 429, chat.RateLimited)
	wait, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || wait < 20 || wait > 30 || a.header.Get("RateLimit") != fmt.Sprintf(`"address";r=0;t=%d`, wait) {
		t.Errorf("Retry-After %q, RateLimit %q", a.header.Get("Retry-After"), a.header.Get("RateLimit"))
	}
}

func TestWhoeverWaitsAsLongAsToldIsServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter("x", 0.3, 3)
		for i := range 3 {
			if a := l.take("ada"); !a.granted || a.left != 2-i {
				t.Fatalf("%d: %+v", i, a)
			}
		}
		for range 5 {
			refused := l.take("ada")
			if refused.granted || refused.left != 0 || refused.wait <= 0 {
				t.Fatalf("%+v", refused)
			}
			time.Sleep(refused.wait - time.Millisecond)
			if a := l.take("ada"); a.granted {
				t.Fatalf("a millisecond too early: %+v", a)
			}
			time.Sleep(time.Millisecond)
			if a := l.take("ada"); !a.granted {
				t.Fatalf("as told: %+v", a)
			}
		}
		if a := l.take("bob"); !a.granted || a.left != 2 {
			t.Errorf("another's: %+v", a)
		}
	})
}

func TestALimiterForgetsAndStaysBounded(t *testing.T) {
	l := newLimiter("x", 0.001, 1)
	for i := range 3 * limiterKeys {
		if !l.take(strconv.Itoa(i)).granted {
			t.Fatalf("the first of %d was refused", i)
		}
	}
	if n := len(l.buckets); n > limiterKeys {
		t.Errorf("%d buckets", n)
	}
	if l.take(strconv.Itoa(3*limiterKeys - 1)).granted {
		t.Error("the second of the last was allowed")
	}
}

// A route that somebody adds counts as an action until it says otherwise.
func TestEveryRouteThatWritesIsLimited(t *testing.T) {
	a := newWorld(t).edge().operations(http.NewServeMux())
	free := map[string]string{
		"refreshSession": "the cookie proves itself, without a query for a forged one",
	}
	for path, item := range a.huma.OpenAPI().Paths {
		for _, o := range []*huma.Operation{item.Post, item.Put, item.Delete, item.Patch} {
			if o != nil && len(boundsOf(o)) == 0 && free[o.OperationID] == "" {
				t.Errorf("%s %s (%s) has no limit", o.Method, path, o.OperationID)
			}
		}
	}
}

func TestActionsAreLimitedPerUserOnEveryTransport(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(c *Config, _ *Deps) { c.ActionsPerSecond = 0.4 }) // a burst of 4
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	room := ada.makes(one, "public", "hall")
	read := fmt.Sprintf("/api/rooms/%s/read", room.ID)
	ada.call(one, "PUT", read, `{"seq":1}`).must(t, 200)
	s := ada.connects(one)
	s.sends(readFrame{Op: "read", ID: 2, Room: room.ID, Seq: 1})
	s.hears("ack")
	a := ada.call(one, "PUT", read, `{"seq":1}`).must(t, 200)
	if a.header.Get("RateLimit-Policy") != `"actions";q=4;w=10` || !strings.HasPrefix(a.header.Get("RateLimit"), `"actions";r=0;`) {
		t.Errorf("%v", a.header)
	}
	ada.call(one, "PUT", read, `{"seq":1}`).problem(t, 429, chat.RateLimited)
	ada.call(one, "POST", "/api/rooms", `{"kind":"public","name":"another"}`).problem(t, 429, chat.RateLimited)
	s.sends(readFrame{Op: "read", ID: 3, Room: room.ID, Seq: 1})
	if f := s.hears("error"); string(f.Code) != `"rate_limited"` || f.ID != 3 || f.Retry < 1 || f.Retry > 2500 {
		t.Errorf("%+v", f)
	}
	ada.posts(one, room.ID, "posting has a limit of its own")
	ada.call(one, "GET", "/api/rooms", "").must(t, 200)
	bob.call(one, "PUT", "/api/rooms/"+room.ID+"/read", `{"seq":1}`).must(t, 404)
}
