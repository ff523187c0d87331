package roles

import (
	"context"
	"errors"
	"fmt"

	"github.com/natter-chat/natter/internal/service"
	"github.com/natter-chat/natter/jetstream"
)

// LogConfig says where the log is.
type LogConfig struct {
	NATS    service.URL `env:"NATS_URL" envDefault:"nats://127.0.0.1:4222" help:"NATS server, or several with commas; credentials go into the URL"`
	Monitor service.URL `env:"NATS_MONITOR_URL" help:"monitoring address of the NATS server, to verify that it syncs every write; unset: acks say \"unverified\" on one server"`
}

// Check reports what is wrong with the values.
func (c LogConfig) Check() error {
	return errors.Join(checkURL("NATS_URL", c.NATS, true, "nats", "tls", "ws", "wss"), checkURL("NATS_MONITOR_URL", c.Monitor, false, "http", "https"))
}

// OpenLog connects to NATS and checks that the log is set up as this version
// needs it. A connection that is lost for good ends the service.
func OpenLog(ctx context.Context, s *service.Service, c LogConfig) (*jetstream.Log, error) {
	log, err := connect(ctx, s, c)
	if err != nil {
		return nil, err
	}
	if err := log.Check(ctx); err != nil {
		log.Close()
		return nil, err
	}
	if d := log.Durability(); d == jetstream.Unverified {
		s.Logger.Warn("nobody has verified that the NATS server syncs every write before its ack: set NATS_MONITOR_URL")
	}
	return log, nil
}

// connect waits a while for a server that does not answer yet.
func connect(ctx context.Context, s *service.Service, c LogConfig) (*jetstream.Log, error) {
	log, err := jetstream.Connect(ctx, jetstream.Options{
		URL: string(c.NATS), Name: s.Name, MonitorURL: string(c.Monitor),
		Logger: s.Logger, Metrics: s.Metrics, OnClosed: s.Fail,
	})
	if err != nil {
		return nil, fmt.Errorf("NATS at %v does not answer (NATS_URL): %w", c.NATS, err)
	}
	return log, nil
}
