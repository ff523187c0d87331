// Package runpersister runs the persister role: it connects the log and the
// database and hands them to package persister.
package runpersister

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/natter-chat/natter/internal/roles"
	"github.com/natter-chat/natter/internal/service"
	"github.com/natter-chat/natter/persister"
)

// Config is a persister's configuration.
type Config struct {
	service.Config
	roles.LogConfig
	roles.DatabaseConfig
	EraseAfter time.Duration `env:"NATTER_ERASE_AFTER" envDefault:"2m" help:"how long after it was posted a deleted message stays in the log, where nobody is shown it; below 2m a retry of it may appear again when NATS restarts"`
}

// Defaults returns a Config for Load to fill.
func Defaults() Config {
	return Config{Config: service.Config{OpsListen: "127.0.0.1:8092"}}
}

// Check reports everything that is wrong with the values.
func (c *Config) Check() error {
	var wrong error
	if c.EraseAfter < 0 || c.EraseAfter > 24*time.Hour {
		wrong = fmt.Errorf("NATTER_ERASE_AFTER is %v: use 0s to 24h", c.EraseAfter)
	}
	return errors.Join(c.Config.Check(), c.LogConfig.Check(), c.DatabaseConfig.Check(), wrong)
}

// Run is the role, until ctx ends; the batches in hand are finished.
func Run(ctx context.Context, s *service.Service, c Config) error {
	log, err := roles.OpenLog(ctx, s, c.LogConfig)
	if err != nil {
		return err
	}
	defer log.Close()
	db, err := roles.OpenDatabase(ctx, s, c.DatabaseConfig)
	if err != nil {
		return err
	}
	defer db.Close()
	p := persister.New(persister.Options{Log: log, DB: db, Logger: s.Logger, Metrics: s.Metrics, EraseAfter: c.EraseAfter})
	s.Ready("persister", p.Ready)
	s.Started()
	return p.Run(ctx)
}
