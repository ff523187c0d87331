// Package runedge runs the edge role: it connects the log, the database, the
// keys and the page, hands them to package edge, and serves.
package runedge

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/natter-chat/natter/auth"
	"github.com/natter-chat/natter/chat"
	"github.com/natter-chat/natter/edge"
	"github.com/natter-chat/natter/internal/hasher"
	"github.com/natter-chat/natter/internal/roles"
	"github.com/natter-chat/natter/internal/service"
	"github.com/natter-chat/natter/sql"
	"github.com/natter-chat/natter/web"
)

// Config is an edge's configuration.
type Config struct {
	service.Config
	roles.LogConfig
	roles.DatabaseConfig
	MailConfig
	Listen string         `env:"NATTER_LISTEN" envDefault:"127.0.0.1:8080" help:"address for clients: HTTP, WebSocket and SSE"`
	Secret service.Secret `env:"NATTER_SECRET" help:"secrets from natter secret with commas between them, the same on all edges: the first signs, all verify; required"`
	Edge   edge.Config

	Tell      func(chat.Mail) // hears of each mail that lands in the mailbox; nil: nobody
	Passwords *auth.Passwords // of all edges of the process
}

// Defaults returns a Config for Load to fill.
func Defaults() Config {
	return Config{Config: service.Config{OpsListen: "127.0.0.1:8091"}}
}

// Check reports everything that is wrong with the values.
func (c *Config) Check() error {
	return errors.Join(c.Config.Check(), c.LogConfig.Check(), c.DatabaseConfig.Check(), c.MailConfig.Check(),
		service.CheckAddress("NATTER_LISTEN", c.Listen), c.checkSecret(), c.Edge.Validate())
}

func (c *Config) checkSecret() error {
	if c.Secret == "" {
		return errors.New("NATTER_SECRET is not set: make one with natter secret")
	}
	if _, err := auth.ParseSecrets(string(c.Secret)); err != nil {
		return fmt.Errorf("NATTER_SECRET: %w", err)
	}
	return nil
}

// Run is the role: it listens at Config.Listen and serves until ctx ends, then
// drains.
func Run(ctx context.Context, s *service.Service, c Config) error {
	l, err := service.Listen("NATTER_LISTEN", c.Listen)
	if err != nil {
		return err
	}
	passwords, end, err := Passwords(s)
	if err != nil {
		_ = l.Close()
		return err
	}
	defer end()
	c.Passwords = passwords
	return Serve(ctx, s, c, l)
}

// Serve is Run on a listener, which it closes. Clients that come before the edge
// is ready wait in the listener's queue.
func Serve(ctx context.Context, s *service.Service, c Config, l net.Listener) error {
	defer l.Close()
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
	limits := sql.DefaultLimits()
	limits.Sessions = c.Edge.Sessions
	db = db.WithLimits(limits)
	keys, err := keys(c)
	if err != nil {
		return err
	}
	mail, mailbox, err := c.open(s, c.Tell)
	if err != nil {
		return err
	}
	e, err := edge.New(c.Edge, edge.Deps{
		Log: log, Accounts: db, Codes: db, Mail: mail, Mailbox: mailbox, Rooms: db, Directory: db, Rows: db, Messages: db, Reading: db, Finder: db,
		Staff: db, Tokens: db, Invitations: db, Attempts: db, Crowds: db, Outbox: roles.Outbox{DB: db, Log: log},
		Keys: keys, Passwords: c.Passwords, Logger: s.Logger, Metrics: s.Metrics, Page: web.Files(),
	})
	if err != nil {
		return err
	}
	s.Ready("edge", func(context.Context) error { return e.Ready() })
	return serve(ctx, s, e, l)
}

// Passwords starts what hashes for all edges of this process. The caller ends it
// after them.
func Passwords(s *service.Service) (passwords *auth.Passwords, end func(), err error) {
	h, end := hasher.Open(auth.HalfOfTheCores(), s.Logger)
	if passwords, err = auth.NewPasswords(auth.Here{}, h, 0, 0); err != nil {
		end()
		return nil, nil, err
	}
	return passwords, end, nil
}

func keys(c Config) (*auth.Keys, error) {
	secrets, err := auth.ParseSecrets(string(c.Secret))
	if err != nil {
		return nil, fmt.Errorf("NATTER_SECRET: %w", err)
	}
	return auth.NewKeys(secrets, nil)
}
