// Package runnotifier runs the notifier role: it connects the log and the
// database and hands them to package notifier.
package runnotifier

import (
	"context"
	"errors"

	"github.com/natter-chat/natter/internal/roles"
	"github.com/natter-chat/natter/internal/service"
	"github.com/natter-chat/natter/notifier"
)

// Config is a notifier's configuration.
type Config struct {
	service.Config
	roles.LogConfig
	roles.DatabaseConfig
}

// Defaults returns a Config for Load to fill.
func Defaults() Config {
	return Config{Config: service.Config{OpsListen: "127.0.0.1:8093"}}
}

// Check reports everything that is wrong with the values.
func (c *Config) Check() error {
	return errors.Join(c.Config.Check(), c.LogConfig.Check(), c.DatabaseConfig.Check())
}

// Run is the role, until ctx ends; the batch in hand is finished.
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
	n := notifier.New(notifier.Options{Log: log, People: db, Logger: s.Logger, Metrics: s.Metrics})
	s.Ready("notifier", n.Ready)
	s.Started()
	return n.Run(ctx)
}
