package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
)

// Options say what a cluster starts with.
type Options struct {
	Dir        string // the cluster's own folder; it must exist
	Binaries   *Binaries
	Edges      int
	Persisters int
	Notifiers  int
	Setup      []string // flags of `natter setup`

	NATSServers int  // 0 or 1: one; 3: the log's streams have three replicas
	Network     bool // each process has a network namespace of its own, for Partition; needs Isolate
	Proxies     bool // each edge reaches NATS through proxies of its own, for DropLive
}

// Cluster is a running natter. Its lists grow with Add…; they are not guarded:
// one test at a time changes them.
type Cluster struct {
	NATS       *NATS // the first of NATSServers
	Postgres   *Postgres
	Edges      []*Edge
	Persisters []*Role
	Notifiers  []*Role

	NATSServers []*NATS
	// PutTwice names events that a test itself has put into CHAT a second
	// time: audits accept that of them, but not a second row.
	PutTwice map[string]bool

	options Options
	secret  string
	started int
	network *network // nil: all are on the loopback interface
	cuts    []*Cut
	rules   int                      // numbers the cuts' rules
	log     *jetstream.Log           // see withLog
	base    map[events.Stream]uint64 // see Since
}

// Start starts the servers, sets them up with `natter setup` and starts the
// roles. On an error everything that was started is ended.
func Start(o Options) (*Cluster, error) {
	c := &Cluster{options: o, secret: auth.NewSecret(), PutTwice: map[string]bool{}}
	if err := c.start(); err != nil {
		return nil, errors.Join(err, errors.New(c.Logs(40)), c.Close())
	}
	return c, nil
}

func (c *Cluster) start() error {
	for _, start := range []func() error{c.openNetwork, c.startNATS, c.startPostgres} {
		if err := start(); err != nil {
			return err
		}
	}
	setup := c.options.Setup
	if len(c.NATSServers) > 1 {
		setup = append([]string{"-replicas", strconv.Itoa(len(c.NATSServers))}, setup...)
	}
	if err := c.Setup(setup...); err != nil {
		return err
	}
	for range c.options.Edges {
		if _, err := c.AddEdge(); err != nil {
			return err
		}
	}
	for range c.options.Persisters {
		if _, err := c.AddPersister(); err != nil {
			return err
		}
	}
	for range c.options.Notifiers {
		if _, err := c.AddNotifier(); err != nil {
			return err
		}
	}
	return c.Ready(30 * time.Second)
}

// Setup runs `natter setup`, which may be repeated.
func (c *Cluster) Setup(flags ...string) error {
	path, err := c.options.Binaries.Path("natter")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"setup"}, flags...)...)
	cmd.Env = c.environment(nil)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("natter setup: %w\n%s", err, out)
	}
	return nil
}

// environment is what every role gets; changes win.
func (c *Cluster) environment(changes map[string]string) []string {
	env := map[string]string{
		"PATH":              os.Getenv("PATH"),
		"HOME":              c.options.Dir,
		"TMPDIR":            os.TempDir(),
		"NATS_URL":          c.NATSURL(),
		"NATS_MONITOR_URL":  c.NATS.Monitor,
		"DATABASE_URL":      c.Postgres.URL(),
		"NATTER_SECRET":     c.secret,
		"NATTER_MAILBOX":    c.file("mail"),
		"NATTER_LOG":        "debug",
		"NATTER_LOG_FORMAT": "text",
		"NATTER_DRAIN":      "2s",
		// Tests sign up many people and post as fast as they can, from one
		// address: no bounds on that, unless a test wants them.
		"NATTER_ACCOUNTS_PER_MINUTE":  "0",
		"NATTER_POSTS_PER_SECOND":     "0",
		"NATTER_ACTIONS_PER_SECOND":   "0",
		"NATTER_CONNECTIONS_PER_USER": "0",
		"NATTER_WRONG_PASSWORDS":      "0",
		// Nor any wait until a deletion reaches the log.
		"NATTER_ERASE_AFTER": "0s",
	}
	for name, value := range changes {
		env[name] = value
	}
	list := []string{race}
	for name, value := range env {
		list = append(list, name+"="+value)
	}
	slices.Sort(list)
	return list
}

// processes lists all that are programs of ours, in the order in which they
// end: the roles, then NATS.
func (c *Cluster) processes() []*Process {
	var all []*Process
	for _, e := range c.Edges {
		all = append(all, e.Process)
	}
	for _, r := range slices.Concat(c.Persisters, c.Notifiers) {
		all = append(all, r.Process)
	}
	for _, n := range c.NATSServers {
		all = append(all, n.Process)
	}
	return all
}

// Ready waits until every role that runs says that it is ready.
func (c *Cluster) Ready(within time.Duration) error {
	deadline := time.Now().Add(within)
	for _, r := range c.roles() {
		if !r.Running() {
			continue
		}
		if err := poll(time.Until(deadline), r.Ready); err != nil {
			return fmt.Errorf("%s is not ready: %w", r.Name, err)
		}
	}
	return nil
}

func (c *Cluster) roles() []*Role {
	var all []*Role
	for _, e := range c.Edges {
		all = append(all, &e.Role)
	}
	return slices.Concat(all, c.Persisters, c.Notifiers)
}

// Logs returns the last lines of every process.
func (c *Cluster) Logs(lines int) string {
	var b strings.Builder
	for _, p := range c.processes() {
		fmt.Fprintf(&b, "--- %s (the last %d lines of %s)\n%s\n", p.Name, lines, p.log, p.tail(lines))
	}
	return b.String()
}

// file returns a path in the cluster's folder.
func (c *Cluster) file(name string) string { return filepath.Join(c.options.Dir, name) }

// quiet is the logger of servers that run inside the test's process.
func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
