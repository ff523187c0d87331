package jetstream

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/internal/testenv"
)

func TestACheckWaitsUntilThereIsALeader(t *testing.T) {
	servers, options := testenv.NATSServers(t)
	var urls []string
	for _, s := range servers {
		urls = append(urls, s.URL())
	}
	l, err := Connect(t.Context(), Options{URL: strings.Join(urls, ","), Name: t.Name(),
		Logger: testenv.Logger(t, slog.LevelError), Metrics: prometheus.NewRegistry()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	eventually(t, "three replicas are set up", func() bool {
		return l.Setup(t.Context(), SetupOptions{ChatBytes: 64 << 20, Replicas: 3}) == nil
	})
	for _, s := range servers[1:] {
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the server that is left knows that it is alone", func() bool {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := l.check(ctx)
		return err != nil && ctx.Err() == nil && passes(err)
	})
	checked := make(chan error, 1)
	go func() { checked <- l.Check(t.Context()) }()
	for _, o := range options[1:] {
		testenv.StartNATS(t, o)
	}
	if err := <-checked; err != nil {
		t.Errorf("two servers came back, and the check said: %v", err)
	}
}
