package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/events"
)

// Options says how to reach the log.
type Options struct {
	URL  string // NATS URL, several separated by commas; credentials go into it
	Name string // connection name, such as "edge-1"; shown by the server
	// MonitorURL is the server's monitoring address, such as
	// http://127.0.0.1:8222. With it sync_interval is verified; without it
	// the durability of a single server is "unverified".
	MonitorURL string
	Logger     *slog.Logger
	Metrics    prometheus.Registerer
	// OnClosed is called when a connection has closed for good although
	// nobody closed it: the process must end. It may be nil.
	OnClosed func(error)
}

// Log is a process's access to the log. Its methods may be called concurrently.
type Log struct {
	opts    Options
	logger  *slog.Logger
	metrics *metrics

	write, live, work *nats.Conn // separate, so that none delays another
	js                jetstream.JetStream

	publishers map[events.Stream]*publisher
	reached    map[events.Stream]*atomic.Uint64 // the stream certainly holds this sequence
	cancel     context.CancelFunc
	running    sync.WaitGroup

	mu         sync.RWMutex
	durability string
	topology   map[events.Stream]known
	quorate    map[events.Stream]time.Time // when the stream's leader was last seen to hear a majority
	lost       chan struct{}               // closed when the publishing connection breaks, then renewed
	feeds      map[*Feed]struct{}          // told when the live connection was interrupted
}

// known is what Check learned about a stream.
type known struct {
	incarnation string
	replicas    int
}

// Connect opens the connections. It fails after ctx or 10 s when no server
// answers; later losses are mended in the background, for ever.
func Connect(ctx context.Context, o Options) (*Log, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	run, cancel := context.WithCancel(context.Background())
	l := &Log{opts: o, logger: o.Logger, metrics: newMetrics(o.Metrics), cancel: cancel,
		durability: Unverified, topology: map[events.Stream]known{}, quorate: map[events.Stream]time.Time{}, publishers: map[events.Stream]*publisher{},
		reached: map[events.Stream]*atomic.Uint64{}, lost: make(chan struct{}), feeds: map[*Feed]struct{}{}}
	for _, s := range events.Streams {
		l.reached[s] = &atomic.Uint64{}
	}
	for _, c := range []struct {
		conn **nats.Conn
		role string
	}{{&l.write, "publish"}, {&l.live, "live"}, {&l.work, "work"}} {
		nc, err := l.dial(ctx, c.role)
		if err != nil {
			l.Close()
			return nil, err
		}
		*c.conn = nc
	}
	js, err := jetstream.New(l.work)
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("open JetStream: %w", err)
	}
	l.js = js
	for _, s := range events.Streams {
		p := newPublisher(l, s)
		l.publishers[s] = p
		l.running.Go(func() { p.run(run) })
	}
	return l, nil
}

// Close ends everything the log started. What is queued for publishing fails:
// outcome_unknown if it may have been sent, else unavailable. Nothing may be
// published any more.
func (l *Log) Close() {
	l.cancel()
	l.running.Wait()
	for _, nc := range []*nats.Conn{l.write, l.live, l.work} {
		if nc != nil {
			nc.SetClosedHandler(nil)
			nc.SetDisconnectErrHandler(nil)
			nc.Close()
		}
	}
}

// Ready returns nil when every connection is up.
func (l *Log) Ready() error {
	for _, nc := range []*nats.Conn{l.write, l.live, l.work} {
		if !nc.IsConnected() {
			return fmt.Errorf("no connection to NATS (%s)", nc.Status())
		}
	}
	return nil
}

// Incarnation returns the id of this life of the stream: 8 hex digits, known
// after Check.
func (l *Log) Incarnation(s events.Stream) string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.topology[s].incarnation
}

// dial opens one connection with the settings that natter's promises need.
func (l *Log) dial(ctx context.Context, role string) (*nats.Conn, error) {
	opts := []nats.Option{
		nats.Name(l.opts.Name + " " + role),
		nats.Timeout(5 * time.Second),
		nats.PingInterval(5 * time.Second), // a silent partition is noticed in 10 s, not 4 min
		nats.MaxPingsOutstanding(2),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.ReconnectJitter(250*time.Millisecond, 250*time.Millisecond),
		nats.ReconnectBufSize(-1), // never publish after the caller was told otherwise
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			l.logger.Warn("lost NATS", "connection", role, "error", err)
			if role == "publish" {
				l.breakWrites()
			}
		}),
		nats.ReconnectHandler(func(nc *nats.Conn) {
			l.logger.Info("NATS is back", "connection", role, "server", nc.ConnectedUrlRedacted())
			l.metrics.reconnects.WithLabelValues(role).Inc()
			switch role {
			case "live":
				l.suspect()
			case "work":
				l.lookAgain()
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) {
			l.logger.Warn("NATS reports an error", "connection", role, "error", err)
			if role == "live" { // a slow consumer: something was dropped
				l.suspect()
			}
		}),
		nats.ClosedHandler(func(nc *nats.Conn) {
			if l.opts.OnClosed != nil {
				l.opts.OnClosed(fmt.Errorf("the NATS connection for %s closed for good: %w", role, errors.Join(nc.LastError(), nats.ErrConnectionClosed)))
			}
		}),
	}
	deadline, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		nc, err := nats.Connect(l.opts.URL, opts...)
		if err == nil {
			return nc, nil
		}
		select {
		case <-deadline.Done():
			return nil, fmt.Errorf("reach NATS: %w", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// writeLost returns a channel that is closed when the publishing connection
// breaks: answers that were on their way will not come.
func (l *Log) writeLost() <-chan struct{} {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.lost
}

func (l *Log) breakWrites() {
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.lost)
	l.lost = make(chan struct{})
}

// suspect tells every feed that it may have missed something.
func (l *Log) suspect() {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for f := range l.feeds {
		f.suspect()
	}
}

// unavailable wraps a broker error for callers who may show it.
func unavailable(err error) error {
	var e *chat.Error
	if errors.As(err, &e) {
		return err
	}
	return &chat.Error{Code: chat.Unavailable, Detail: "The log cannot be reached right now. Nothing happened; try again.", Cause: err}
}
