package jetstream

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Durability classes: what an ack promises.
const (
	Fsync      = "fsync"      // one server, synced to disk before the ack
	Quorum     = "quorum"     // a majority of the stream's servers has it
	Unverified = "unverified" // the server's sync_interval is not known, or weaker
)

// Durability returns the class of this log's acks, known after Check.
func (l *Log) Durability() string {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.durability
}

// probeDurability asks the monitoring endpoint for sync_interval. A weaker or
// unknown setting is no error, but it is loud.
func (l *Log) probeDurability(ctx context.Context, replicas int) (string, error) {
	if replicas >= 3 {
		return Quorum, nil
	}
	if l.opts.MonitorURL == "" {
		l.logger.Warn("NATS_MONITOR_URL is not set: nobody has verified sync_interval, an acked message may be lost in a power cut")
		return Unverified, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(l.opts.MonitorURL, "/")+"/jsz?config=1", nil)
	if err != nil {
		return "", fmt.Errorf("NATS_MONITOR_URL: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("ask NATS_MONITOR_URL for sync_interval: %w", err)
	}
	defer resp.Body.Close()
	var jsz struct {
		Config struct {
			SyncAlways bool `json:"sync_always"`
		} `json:"config"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, resp.Body, 1<<20)).Decode(&jsz); err != nil {
		return "", fmt.Errorf("read NATS_MONITOR_URL's answer: %w", err)
	}
	if !jsz.Config.SyncAlways {
		l.logger.Warn("NATS runs without sync_interval: always, an acked message may be lost in a power cut")
		return Unverified, nil
	}
	return Fsync, nil
}
