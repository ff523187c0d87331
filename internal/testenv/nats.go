package testenv

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/natter-chat/natter/internal/local"
)

// NATS starts a private server with JetStream, fsyncing like the real one, in
// a folder of the test's own. It returns where clients connect and where
// /varz, /jsz and /healthz answer. The server stops when the test ends, before
// which the test closes its own connections.
func NATS(t testing.TB) (url, monitorURL string) {
	t.Helper()
	n := StartNATS(t, local.NATSOptions{Dir: t.TempDir()})
	return n.URL(), n.MonitorURL()
}

// StartNATS is NATS for a test that stops the server itself and starts it
// again, with Dir and Port as before. Stopping twice does no harm.
func StartNATS(t testing.TB, o local.NATSOptions) *local.NATS {
	t.Helper()
	o.SyncAlways = true
	if o.Logger == nil {
		o.Logger = Logger(t, slog.LevelWarn)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	n, err := local.StartNATS(ctx, o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := n.Stop(ctx); err != nil {
			t.Errorf("%v", err)
		}
	})
	return n
}
