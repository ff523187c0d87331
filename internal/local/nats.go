package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Bounds of the embedded server.
const (
	maxPayload  = 1 << 20          // bytes; a dead letter carries the entry that failed
	maxConns    = 4096             // a role holds three connections
	maxJSMemory = 64 << 20         // bytes; natter's streams are files
	maxJSStore  = 1 << 50          // bytes; the streams have bounds of their own, see Folder.LogBytes
	readyWithin = 10 * time.Second // from recovered to accepting connections
	clusterPing = 5 * time.Second  // between servers and to clients, in a cluster
)

// NATSOptions says where and how the embedded server runs.
type NATSOptions struct {
	Dir         string // store folder, made if missing; one server at a time
	Host        string // address to listen on; "": 127.0.0.1
	Port        int    // 0 or less picks one that is free on 127.0.0.1
	MonitorPort int    // likewise
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
	Port   int      // for the other servers
	Routes []string // nats://host:port of every server's Port
}

// NATS is a running embedded server with JetStream.
type NATS struct {
	options NATSOptions // with the ports that it got
	log     *natsLog
	url     string
	monitor string

	mu  sync.Mutex // serialises Stop and Restart
	srv *server.Server
}

// StartNATS starts a server and returns when it accepts connections, which is
// after it has recovered its streams. ctx bounds the start only.
func StartNATS(ctx context.Context, o NATSOptions) (*NATS, error) {
	n := &NATS{options: o, log: newNATSLog(o.Logger)}
	for _, port := range []*int{&n.options.Port, &n.options.MonitorPort} {
		if *port > 0 {
			continue
		}
		var err error
		if *port, err = FreePort(); err != nil { // also for when it starts again
			return nil, err
		}
	}
	if err := n.launch(ctx); err != nil {
		return nil, err
	}
	at := url.URL{Scheme: "nats", Host: n.srv.Addr().String()}
	if o.Token != "" {
		at.User = url.User(o.Token)
	}
	n.url = at.String()
	n.monitor = fmt.Sprintf("http://%s:%d", hostOr(o.Host), n.options.MonitorPort)
	return n, nil
}

// launch makes a server and starts it.
func (n *NATS) launch(ctx context.Context) error {
	srv, err := server.NewServer(natsOptions(n.options))
	if err != nil {
		return fmt.Errorf("configure the NATS server: %w", err)
	}
	srv.SetLoggerV2(n.log, false, false, false)
	if err := n.start(ctx, srv); err != nil {
		srv.Shutdown()
		return err
	}
	n.srv = srv
	return nil
}

func natsOptions(o NATSOptions) *server.Options {
	opts := &server.Options{
		ServerName:             "natter",
		Host:                   hostOr(o.Host),
		Port:                   o.Port,
		HTTPHost:               hostOr(o.Host),
		HTTPPort:               o.MonitorPort,
		Authorization:          o.Token,
		NoSigs:                 true,
		MaxConn:                maxConns,
		MaxPayload:             maxPayload,
		JetStream:              true,
		JetStreamMaxMemory:     maxJSMemory,
		JetStreamMaxStore:      maxJSStore,
		StoreDir:               o.Dir,
		SyncAlways:             o.SyncAlways,
		DisableJetStreamBanner: true,
	}
	if c := o.Cluster; c != nil {
		opts.ServerName = c.Server
		// Clients are told of no other server: who reaches one through a proxy
		// stays behind it. Silent servers are noticed in seconds, not minutes.
		opts.Cluster = server.ClusterOpts{Name: "natter", Host: hostOr(o.Host), Port: c.Port, NoAdvertise: true,
			PingInterval: clusterPing}
		opts.PingInterval, opts.MaxPingsOut = clusterPing, 2
		opts.Routes = server.RoutesFromStr(strings.Join(c.Routes, ","))
	}
	return opts
}

func hostOr(host string) string {
	if host == "" {
		return "127.0.0.1"
	}
	return host
}

// start waits for the server's own Start, which recovers all streams before it
// returns and reports failure only to its logger.
func (n *NATS) start(ctx context.Context, srv *server.Server) error {
	started := make(chan struct{})
	go func() {
		defer close(started)
		srv.Start()
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
	if !srv.ReadyForConnections(readyWithin) {
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
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stop(ctx)
}

func (n *NATS) stop(ctx context.Context) error {
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

// Restart stops the server if it runs and starts it again at the same
// addresses. After an error it may be tried again.
func (n *NATS) Restart(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.stop(ctx); err != nil {
		return err
	}
	select {
	case <-n.log.fatal: // of the server that has ended
	default:
	}
	return n.launch(ctx)
}
