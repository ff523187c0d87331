package local_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/internal/local"
)

func start(t *testing.T, o local.NATSOptions) *local.NATS {
	t.Helper()
	n, err := local.StartNATS(within(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, n) })
	return n
}

func stop(t *testing.T, n *local.NATS) {
	t.Helper()
	if err := n.Stop(within(t)); err != nil {
		t.Error(err)
	}
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestTheServerSaysThatItSyncsEveryWrite(t *testing.T) {
	n := start(t, local.NATSOptions{Dir: t.TempDir(), SyncAlways: true})
	res, err := http.Get(n.MonitorURL() + "/jsz")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var jsz struct {
		Config struct {
			SyncAlways bool `json:"sync_always"`
		} `json:"config"`
	}
	if err := json.NewDecoder(res.Body).Decode(&jsz); err != nil {
		t.Fatal(err)
	}
	if !jsz.Config.SyncAlways {
		t.Error("/jsz does not say sync_always")
	}
}

func TestTheServerListensOnLoopbackOnly(t *testing.T) {
	n := start(t, local.NATSOptions{Dir: t.TempDir()})
	for _, raw := range []string{n.URL(), n.MonitorURL()} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if u.Hostname() != "127.0.0.1" {
			t.Errorf("%s is not loopback", raw)
		}
	}
}

func TestATokenIsPartOfTheURL(t *testing.T) {
	n := start(t, local.NATSOptions{Dir: t.TempDir(), Token: "s3cret"})
	if !strings.HasPrefix(n.URL(), "nats://s3cret@127.0.0.1:") {
		t.Errorf("URL() = %q", n.URL())
	}
}

func TestAPortThatIsTakenIsAnErrorAndNotAnExit(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	for name, o := range map[string]local.NATSOptions{
		"clients": {Dir: t.TempDir(), Port: port},
		"monitor": {Dir: t.TempDir(), MonitorPort: port},
	} {
		n, err := local.StartNATS(within(t), o)
		if err == nil {
			stop(t, n)
			t.Errorf("%s: started on a port that is taken", name)
			continue
		}
		if !strings.Contains(err.Error(), strconv.Itoa(port)) {
			t.Errorf("%s: %v does not name port %d", name, err, port)
		}
	}
}

func TestTheServerStartsAgainOnTheSamePort(t *testing.T) {
	dir := t.TempDir()
	first := start(t, local.NATSOptions{Dir: dir})
	u, err := url.Parse(first.URL())
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	stop(t, first)
	second := start(t, local.NATSOptions{Dir: dir, Port: port})
	if second.URL() != first.URL() {
		t.Errorf("%s, then %s", first.URL(), second.URL())
	}
}

func TestARestartKeepsTheAddresses(t *testing.T) {
	n := start(t, local.NATSOptions{Dir: t.TempDir()})
	url, monitor := n.URL(), n.MonitorURL()
	for range 2 {
		if err := n.Restart(within(t)); err != nil {
			t.Fatal(err)
		}
		if err := n.Healthy(within(t)); err != nil {
			t.Error(err)
		}
	}
	if n.URL() != url || n.MonitorURL() != monitor {
		t.Errorf("%s and %s became %s and %s", url, monitor, n.URL(), n.MonitorURL())
	}
	stop(t, n)
	if err := n.Healthy(within(t)); err == nil {
		t.Error("a stopped server is well")
	}
}
