package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"

	"github.com/natter-chat/natter/internal/roles"
	"github.com/natter-chat/natter/internal/service"
	"github.com/natter-chat/natter/jetstream"
)

const setupAbout = `natter setup creates the schema and the streams, or upgrades them to this version. It may be
repeated, and run while roles work. natter run does it by itself.
`

// setupConfig is the configuration of natter setup.
type setupConfig struct {
	service.Config
	roles.LogConfig
	roles.DatabaseConfig
	replicas  int
	chatBytes int64
}

func setupDefaults() setupConfig {
	return setupConfig{Config: service.Config{OpsListen: "127.0.0.1:0", Log: slog.LevelWarn}}
}

// Check reports everything that is wrong with the values.
func (c *setupConfig) Check() error {
	errs := []error{c.Config.Check(), c.LogConfig.Check(), c.DatabaseConfig.Check()}
	if c.replicas != 0 && c.replicas != 1 && c.replicas != 3 {
		errs = append(errs, fmt.Errorf("-replicas is %d: use 1, or 3 with three NATS servers", c.replicas))
	}
	if c.chatBytes != 0 && c.chatBytes < 64<<20 {
		errs = append(errs, fmt.Errorf("-chat-bytes is %d: use at least 67108864 (64 MiB)", c.chatBytes))
	}
	return errors.Join(errs...)
}

func setupFlags(c *setupConfig) *flag.FlagSet {
	flags := flag.NewFlagSet("setup", flag.ContinueOnError)
	flags.IntVar(&c.replicas, "replicas", 0, "`servers` that hold each stream: 1, or 3 with three NATS servers (default: as it is; 1 for new streams)")
	flags.Int64Var(&c.chatBytes, "chat-bytes", 0, "most `bytes` of the CHAT stream; all streams together take 1.28 times that (default: as it is; 8 GiB for new streams)")
	return flags
}

func setup(p service.Process) int {
	config := setupDefaults()
	if code, ok := parse(p, setupAbout, setupFlags(&config), &config); !ok {
		return code
	}
	return p.Once(&config, func(ctx context.Context, s *service.Service) error {
		options := jetstream.SetupOptions{Replicas: config.replicas, ChatBytes: config.chatBytes}
		if err := roles.Setup(ctx, s, config.LogConfig, config.DatabaseConfig, options); err != nil {
			return err
		}
		fmt.Fprintln(p.Out, "The streams and the schema are as this version of natter needs them.")
		return nil
	})
}
