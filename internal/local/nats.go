package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Bounds of the embedded server.
const (
	maxPayload  = 1 << 20          // bytes; a dead letter carries the entry that failed
	maxConns    = 4096             // a role holds three connections
	maxJSMemory = 64 << 20         // bytes; natter's streams are files
	readyWithin = 10 * time.Second // from recovered to accepting connections
)

// NATSOptions says where and how the embedded server runs.
type NATSOptions struct {
	Dir         string // store folder, made if missing; one server at a time
	Port        int    // on 127.0.0.1; 0 or less picks a free one
	MonitorPort int    // on 127.0.0.1; 0 or less picks a free one
	Token       string // clients must show it; it becomes part of URL. "": nobody is asked
	Logger      *slog.Logger
	// SyncAlways fsyncs every write before its ack: law 1. Only a benchmark
	// or a test that does not care about crashes leaves it out.
	SyncAlways bool
	// Cluster makes the server one of several, for tests of elections. nil:
	// it stands alone.
	Cluster *NATSCluster
}

// NATSCluster is a server's place in a cluster on this machine.
type NATSCluster struct {
	Server string   // its own name, different from the others'
	Port   int      // on 127.0.0.1, for the other servers
	Routes []string // nats://127.0.0.1:port of every server's Port
}

// NATS is a running embedded server with JetStream.
type NATS struct {
	srv          *server.Server
	log          *natsLog
	url, monitor string // kept: a stopped server no longer knows them
}

// StartNATS starts a server and returns when it accepts connections, which is
// after it has recovered its streams. ctx bounds the start only.
func StartNATS(ctx context.Context, o NATSOptions) (*NATS, error) {
	srv, err := server.NewServer(natsOptions(o))
	if err != nil {
		return nil, fmt.Errorf("configure the NATS server: %w", err)
	}
	n := &NATS{srv: srv, log: newNATSLog(o.Logger)}
	srv.SetLoggerV2(n.log, false, false, false)
	if err := n.start(ctx); err != nil {
		srv.Shutdown()
		return nil, err
	}
	at := url.URL{Scheme: "nats", Host: srv.Addr().String()}
	if o.Token != "" {
		at.User = url.User(o.Token)
	}
	n.url = at.String()
	n.monitor = fmt.Sprintf("http://127.0.0.1:%d", srv.MonitorAddr().Port)
	return n, nil
}

func natsOptions(o NATSOptions) *server.Options {
	opts := &server.Options{
		ServerName:             "natter",
		Host:                   "127.0.0.1",
		Port:                   portOrFree(o.Port),
		HTTPHost:               "127.0.0.1",
		HTTPPort:               portOrFree(o.MonitorPort),
		Authorization:          o.Token,
		NoSigs:                 true,
		MaxConn:                maxConns,
		MaxPayload:             maxPayload,
		JetStream:              true,
		JetStreamMaxMemory:     maxJSMemory,
		StoreDir:               o.Dir,
		SyncAlways:             o.SyncAlways,
		DisableJetStreamBanner: true,
	}
	if c := o.Cluster; c != nil {
		opts.ServerName = c.Server
		opts.Cluster = server.ClusterOpts{Name: "natter", Host: "127.0.0.1", Port: c.Port}
		opts.Routes = server.RoutesFromStr(strings.Join(c.Routes, ","))
	}
	return opts
}

func portOrFree(port int) int {
	if port <= 0 {
		return server.RANDOM_PORT
	}
	return port
}

// start waits for the server's own Start, which recovers all streams before it
// returns and reports failure only to its logger.
func (n *NATS) start(ctx context.Context) error {
	started := make(chan struct{})
	go func() {
		defer close(started)
		n.srv.Start()
	}()
	select {
	case err := <-n.log.fatal:
		return fmt.Errorf("start the NATS server: %w", err)
	case <-ctx.Done():
		return fmt.Errorf("start the NATS server: %w", context.Cause(ctx))
	case <-started:
	}
	select {
	case err := <-n.log.fatal:
		return fmt.Errorf("start the NATS server: %w", err)
	default:
	}
	if !n.srv.ReadyForConnections(readyWithin) {
		return errors.New("start the NATS server: it does not accept connections")
	}
	return nil
}

// URL is where clients connect, with the token if there is one.
func (n *NATS) URL() string { return n.url }

// MonitorURL is where /varz, /jsz and /healthz answer, without a credential.
func (n *NATS) MonitorURL() string { return n.monitor }

// Failed yields at most one error, when the server can no longer go on.
func (n *NATS) Failed() <-chan error { return n.log.fatal }

// Stop ends all connections, closes the streams and waits for that, at most
// until ctx ends. What was acked is on disk already.
func (n *NATS) Stop(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		n.srv.Shutdown()
		n.srv.WaitForShutdown()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("stop the NATS server: %w", context.Cause(ctx))
	}
}
