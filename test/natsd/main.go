// Command natsd runs natter's embedded NATS server as a process of its own, so
// that the whole-system tests can kill it and start it again.
package main

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/natter-chat/natter/internal/local"
)

func main() {
	dir := flag.String("dir", "", "store folder")
	host := flag.String("host", "127.0.0.1", "address to listen on")
	port := flag.Int("port", 0, "client port")
	monitor := flag.Int("monitor", 0, "monitoring port")
	name := flag.String("name", "", "the server's name, as one of several")
	routePort := flag.Int("route-port", 0, "port for the other servers")
	routes := flag.String("routes", "", "nats://host:port of every server's route port, separated by commas")
	flag.Parse()
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	o := local.NATSOptions{Dir: *dir, Host: *host, Port: *port, MonitorPort: *monitor, SyncAlways: true, Logger: logger}
	if *name != "" {
		o.Cluster = &local.NATSCluster{Server: *name, Port: *routePort, Routes: strings.Split(*routes, ",")}
	}
	if err := run(o); err != nil {
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
