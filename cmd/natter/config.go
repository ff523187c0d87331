package main

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/edge"
	"github.com/natter-chat/natter/internal/roles"
	"github.com/natter-chat/natter/internal/roles/runedge"
	"github.com/natter-chat/natter/internal/service"
)

const runAbout = `natter run starts all of natter in one process: an embedded NATS server and a PostgreSQL child
process (or your own, with NATS_URL and DATABASE_URL), a persister, a notifier and two edges.
It ends with Ctrl-C; the data stay in one folder.
`

// runConfig is the configuration of natter run.
type runConfig struct {
	service.Config
	NATS     service.URL    `env:"NATS_URL" help:"use this NATS server, not the embedded one"`
	Monitor  service.URL    `env:"NATS_MONITOR_URL" help:"monitoring address of that server, to verify that it syncs every write"`
	Database service.URL    `env:"DATABASE_URL" help:"use this PostgreSQL server, not a child process"`
	Secret   service.Secret `env:"NATTER_SECRET" help:"secrets with commas between them; default: one that is made once and kept in the data folder"`
	runedge.MailConfig
	Edge      edge.Config
	tell      func(chat.Mail)
	passwords *auth.Passwords // of all edges
	data      string
	listen    string // of the edges, with commas
	ops       string // "" leaves NATTER_OPS_LISTEN
}

// runDefaults suit one person at a terminal: only warnings are logged, and
// Ctrl-C takes seconds.
func runDefaults() runConfig {
	return runConfig{Config: service.Config{OpsListen: "127.0.0.1:8090", Log: slog.LevelWarn, Drain: 3 * time.Second}}
}

func runFlags(c *runConfig) *flag.FlagSet {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.StringVar(&c.data, "data", "./data", "`folder` of all data; it is made if missing")
	flags.StringVar(&c.listen, "listen", "127.0.0.1:8080,127.0.0.1:8081", "`addresses` of the edges, one or more with commas")
	flags.StringVar(&c.ops, "ops", "", "`address` of /healthz, /readyz and /metrics (default 127.0.0.1:8090)")
	return flags
}

// Check reports everything that is wrong with the values. What natter run
// starts by itself is filled in later.
func (c *runConfig) Check() error {
	if c.ops != "" {
		c.OpsListen = c.ops
	}
	errs := []error{c.Config.Check(), c.MailConfig.CheckChosen(), c.Edge.Validate()}
	errs = append(errs, c.checkListen())
	if c.NATS != "" {
		errs = append(errs, c.log().Check())
	}
	if c.Database != "" {
		errs = append(errs, c.database().Check())
	}
	if c.data == "" {
		errs = append(errs, errors.New("-data is empty: name the folder of all data"))
	}
	if c.Monitor != "" && c.NATS == "" {
		errs = append(errs, errors.New("NATS_MONITOR_URL is set and NATS_URL is not: set both or none"))
	}
	if c.Secret != "" {
		if _, err := auth.ParseSecrets(string(c.Secret)); err != nil {
			errs = append(errs, fmt.Errorf("NATTER_SECRET: %w", err))
		}
	}
	return errors.Join(errs...)
}

// checkListen also finds what the second edge would be told by the system: that
// somebody listens there. Port 0 is a free one each time.
func (c *runConfig) checkListen() error {
	var errs []error
	taken := map[string]bool{}
	for _, addr := range c.addresses() {
		if err := service.CheckAddress("-listen", addr); err != nil {
			errs = append(errs, err)
			continue
		}
		if _, port, _ := net.SplitHostPort(addr); taken[addr] && port != "0" {
			errs = append(errs, fmt.Errorf("-listen names %s twice: each edge needs an address of its own", addr))
		}
		taken[addr] = true
	}
	return errors.Join(errs...)
}

func (c *runConfig) addresses() []string { return strings.Split(c.listen, ",") }

func (c *runConfig) log() roles.LogConfig {
	return roles.LogConfig{NATS: c.NATS, Monitor: c.Monitor}
}

func (c *runConfig) database() roles.DatabaseConfig {
	return roles.DatabaseConfig{Database: c.Database}
}

// edge is the configuration of the edge at addr.
func (c *runConfig) edge(addr string) runedge.Config {
	return runedge.Config{Config: c.Config, LogConfig: c.log(), DatabaseConfig: c.database(), MailConfig: c.MailConfig,
		Listen: addr, Secret: c.Secret, Edge: c.Edge, Tell: c.tell, Passwords: c.passwords}
}
