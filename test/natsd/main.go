// Command natsd runs natter's embedded NATS server as a process of its own, so
// that the whole-system tests can kill it and start it again.
package main

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/natter-chat/natter/internal/local"
)

func main() {
	dir := flag.String("dir", "", "store folder")
	port := flag.Int("port", 0, "client port")
	monitor := flag.Int("monitor", 0, "monitoring port")
	flag.Parse()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	if err := run(local.NATSOptions{Dir: *dir, Port: *port, MonitorPort: *monitor, SyncAlways: true, Logger: logger}); err != nil {
		logger.Error("natsd ended", "error", err)
		os.Exit(1)
	}
}

func run(o local.NATSOptions) error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer cancel()
	n, err := local.StartNATS(ctx, o)
	if err != nil {
		return err
	}
	o.Logger.Info("natsd runs", "url", n.URL(), "monitor", n.MonitorURL())
	select {
	case err := <-n.Failed():
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return n.Stop(stop)
}
