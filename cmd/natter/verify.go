package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"

	"github.com/natter-chat/natter/audit"
	"github.com/natter-chat/natter/internal/roles"
	"github.com/natter-chat/natter/internal/service"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/sql"
)

const verifyAbout = `natter verify compares the log of a running natter with its tables and says what differs. It changes
nothing, and people may post meanwhile: what the workers have not reached yet is lag.
Exit code: 0 all agrees, 1 something differs, 2 the comparison could not be made.
`

// Exit codes of natter verify.
const (
	verifyAgrees  = 0
	verifyDiffers = 1
	verifyNotMade = 2
)

// verifyConfig is the configuration of natter verify.
type verifyConfig struct {
	service.Config
	roles.LogConfig
	roles.DatabaseConfig
	json    bool
	limit   int
	metrics string // "" writes none
}

func verifyDefaults() verifyConfig {
	return verifyConfig{Config: service.Config{OpsListen: "127.0.0.1:0", Log: slog.LevelWarn}}
}

// Check reports everything that is wrong with the values.
func (c *verifyConfig) Check() error {
	errs := []error{c.Config.Check(), c.LogConfig.Check(), c.DatabaseConfig.Check()}
	if c.limit < 1 {
		errs = append(errs, fmt.Errorf("-limit is %d: use 1 or more", c.limit))
	}
	if c.metrics != "" && filepath.Ext(c.metrics) != ".prom" {
		errs = append(errs, fmt.Errorf("-metrics is %q: use a name that ends in .prom, or the collector passes it over", c.metrics))
	}
	return errors.Join(errs...)
}

func verifyFlags(c *verifyConfig) *flag.FlagSet {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.BoolVar(&c.json, "json", false, "print one JSON object")
	flags.IntVar(&c.limit, "limit", 20, "`differences` that are shown; all are counted")
	flags.StringVar(&c.metrics, "metrics", "", "write the figures into this `file`, which must end in .prom, for the node exporter's textfile collector")
	return flags
}

func verify(p service.Process) int {
	config := verifyDefaults()
	if code, ok := parse(p, verifyAbout, verifyFlags(&config), &config); !ok {
		return code
	}
	code := verifyNotMade // also when it is interrupted, which is a clean end
	end := p.Once(&config, func(ctx context.Context, s *service.Service) error {
		report, err := compare(ctx, p, s, config)
		if err != nil {
			return err
		}
		if !report.OK() {
			code = verifyDiffers // whatever becomes of saying so
		}
		err = show(p.Out, report, config.json)
		if config.metrics != "" {
			err = errors.Join(err, writeMetrics(config.metrics, report))
		}
		if err == nil && report.OK() {
			code = verifyAgrees
		}
		return err
	})
	if end > verifyNotMade { // a second signal
		return end
	}
	return code
}

// compare opens the servers and audits.
func compare(ctx context.Context, p service.Process, s *service.Service, c verifyConfig) (*audit.Report, error) {
	var log *jetstream.Log
	err := patiently(p.Err, fmt.Sprintf("waiting for NATS at %v (NATS_URL)", c.NATS), func() (err error) {
		log, err = roles.OpenLog(ctx, s, c.LogConfig)
		return err
	})
	if err != nil {
		return nil, err
	}
	defer log.Close()
	var db *sql.DB
	err = patiently(p.Err, fmt.Sprintf("waiting for PostgreSQL at %v (DATABASE_URL)", c.Database), func() (err error) {
		db, err = roles.OpenDatabase(ctx, s, c.DatabaseConfig)
		return err
	})
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return audit.Run(ctx, audit.Options{Log: log, DB: db, Limit: c.limit, Progress: tell(p.Err)})
}
