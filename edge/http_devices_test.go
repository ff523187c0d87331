package edge

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/internal/testenv"
)

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
	iphone  = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)

// again logs the person in on another device.
func (p *person) again(n *node, headers ...string) *person {
	p.t.Helper()
	other := &person{t: p.t, name: p.name}
	return other.entered(n.call(p.t, "POST", "/api/login", `{"name":"`+p.name+`","password":"correct horse"}`, headers...).must(p.t, 200))
}

// sits lists the person's sessions.
func (p *person) sits(n *node) []Device {
	p.t.Helper()
	return into[DeviceList](p.t, p.call(n, "GET", "/api/sessions", "").must(p.t, 200)).Items
}

func TestAListOfSessionsTellsDevicesApart(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada := one.join(t, "ada")
	there := ada.again(two, "User-Agent", firefox)
	there.entered(there.refresh(one, "User-Agent", iphone).must(t, 200))
	list := ada.sits(two)
	if len(list) != 2 || list[0].ID != there.session || list[1].ID != ada.session {
		t.Fatalf("got %+v", list)
	}
	if d := list[0]; d.Device != "Safari on iOS" || d.Address != "127.0.0.1" || d.Current {
		t.Errorf("the other: %+v", d)
	}
	if d := list[1]; !d.Current || d.Seen.IsZero() || d.Created.IsZero() {
		t.Errorf("this one: %+v", d)
	}
}

func TestASessionIsEndedFromAnotherDevice(t *testing.T) {
	w := newWorld(t)
	one, two := w.edge(), w.edge()
	ada, bob := one.join(t, "ada"), one.join(t, "bob")
	lost, kept := ada.again(two), ada.again(one)
	for _, wrong := range []string{bob.session, chat.NewID(), "*", "x"} {
		ada.call(one, "DELETE", "/api/sessions/"+wrong, "").problem(t, 404, chat.NotFound)
	}
	bob.call(one, "GET", "/api/me", "").must(t, 200)
	for range 2 { // as a client does that got no answer
		ada.call(one, "DELETE", "/api/sessions/"+lost.session, "").must(t, 204)
	}
	lost.call(one, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
	testenv.Until(t, "edge two refuses the token", func() bool { return lost.call(two, "GET", "/api/me", "").status == 401 })
	lost.refresh(two).problem(t, 401, chat.Unauthenticated)
	ada.call(two, "DELETE", "/api/sessions", "").must(t, 204)
	kept.call(two, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
	testenv.Until(t, "edge one refuses the token", func() bool { return kept.call(one, "GET", "/api/me", "").status == 401 })
	if list := ada.sits(one); len(list) != 1 || !list[0].Current {
		t.Errorf("left are %+v", list)
	}
	bob.call(two, "GET", "/api/me", "").must(t, 200)
}

// The others hear of it by the log. The edge at which another
// login took a session's place closes it by itself.
func TestASessionThatAnotherTookThePlaceOfEndsHereAtOnce(t *testing.T) {
	w := newWorld(t)
	one := w.edge(func(_ *Config, d *Deps) { d.Outbox = noOutbox{} })
	oldest := one.join(t, "ada")
	socket := oldest.connects(one)
	for range chat.MaxSessions {
		oldest.again(one)
	}
	if code, _ := socket.ends(); code != 4403 {
		t.Errorf("closed with %d", code)
	}
	oldest.call(one, "GET", "/api/me", "").problem(t, 401, chat.Unauthenticated)
}

func TestADeviceNameIsShortAndVisible(t *testing.T) {
	for agent, want := range map[string]string{
		firefox:                 "Firefox on Linux",
		iphone:                  "Safari on iOS",
		"":                      "",
		"natter-bot/1.0":        "natter-bot/1.0",
		"a\r\nb\x00\u202ec\xff": "abc",
	} {
		if got := deviceName(agent); got != want {
			t.Errorf("%q is called %q, want %q", agent, got, want)
		}
	}
	if got := deviceName(strings.Repeat("Mozilla/5.0 (\x01é\xff", 300)); len(got) > 100 {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

// noted lists the kinds of what happened to the person's account, newest first.
func (p *person) noted(n *node, query string) (kinds []string, page AuditPage) {
	p.t.Helper()
	page = into[AuditPage](p.t, p.call(n, "GET", "/api/audit"+query, "").must(p.t, 200))
	for _, item := range page.Items {
		ev, err := events.Decode(item.Event)
		if err != nil {
			p.t.Fatal(err)
		}
		data, err := events.DataOf[events.SecurityNotedData](ev)
		if err != nil {
			p.t.Fatal(err)
		}
		kinds = append(kinds, data.Kind)
	}
	return kinds, page
}

// noOutbox is a log that is down.
type noOutbox struct{}

func (noOutbox) Flush(context.Context, string) error { return errors.New("down") }
