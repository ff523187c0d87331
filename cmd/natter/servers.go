package main

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/internal/service"
)

const (
	stopServersWithin = 5 * time.Second
	lookEvery         = 2 * time.Second // whether a server is well, and between tries to start it
	illLimit          = 3               // times in a row that the log may be unwell
)

// servers are what natter run starts beside the roles; nil where an external
// one is used.
type servers struct {
	nats     *local.NATS
	postgres *local.Postgres
	quit     context.CancelFunc
	watching sync.WaitGroup
}

// startServers starts what the configuration does not name, and puts the
// addresses into it.
func startServers(ctx context.Context, s *service.Service, say *progress, folder *local.Folder, c *runConfig) (*servers, error) {
	watch, quit := context.WithCancel(context.WithoutCancel(ctx))
	v := &servers{quit: quit}
	var err error
	if c.NATS == "" {
		say.step("Starting the log (embedded NATS, every write synced)")
		err = v.startNATS(ctx, s, folder, c)
	}
	if err == nil && c.Database == "" {
		say.step("Starting the database (PostgreSQL)")
		err = v.startPostgres(ctx, s, folder, c)
	}
	if err != nil {
		v.stop()
		return nil, err
	}
	v.watching.Go(func() { v.watchNATS(watch, s) })
	v.watching.Go(func() { v.watchPostgres(watch, s) })
	return v, nil
}

func (v *servers) startNATS(ctx context.Context, s *service.Service, folder *local.Folder, c *runConfig) (err error) {
	v.nats, err = local.StartNATS(ctx, local.NATSOptions{Dir: folder.NATS(), Token: rand.Text(), SyncAlways: true, Logger: s.Logger})
	if err != nil {
		return err
	}
	c.NATS, c.Monitor = service.URL(v.nats.URL()), service.URL(v.nats.MonitorURL())
	return nil
}

func (v *servers) startPostgres(ctx context.Context, s *service.Service, folder *local.Folder, c *runConfig) (err error) {
	v.postgres, err = local.StartPostgres(ctx, local.PostgresOptions{Dir: folder.Postgres(), Logger: s.Logger})
	if err != nil {
		return err
	}
	c.Database = service.URL(v.postgres.URL())
	return nil
}

// watchNATS starts the embedded server again when it can no longer work: after a
// full disk, a stream does not write until then. The roles wait for it, and
// clients are told to retry.
func (v *servers) watchNATS(ctx context.Context, s *service.Service) {
	if v.nats == nil {
		return
	}
	for ill := 0; pause(ctx, lookEvery); {
		select {
		case err := <-v.nats.Failed():
			s.Logger.Error("the embedded NATS server failed", "error", err)
			ill = illLimit
		default:
		}
		err := v.nats.Healthy(ctx)
		if err == nil && ill < illLimit {
			ill = 0
			continue
		}
		if ill++; ill < illLimit || ctx.Err() != nil {
			continue
		}
		s.Logger.Error("starting the embedded NATS server again", "error", err)
		if err := v.nats.Restart(ctx); err != nil {
			s.Logger.Error("the embedded NATS server does not start", "error", err)
			continue
		}
		ill = 0
	}
}

// pause waits, and reports whether ctx goes on.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// watchPostgres starts PostgreSQL again when it has ended by itself. Until then
// posting and live delivery go on.
func (v *servers) watchPostgres(ctx context.Context, s *service.Service) {
	for v.postgres != nil {
		select {
		case <-v.postgres.Done():
		case <-ctx.Done():
			return
		}
		s.Logger.Error("PostgreSQL ended; starting it again")
		if err := v.postgres.Restart(ctx); err != nil {
			s.Logger.Error("PostgreSQL does not start", "error", err)
			pause(ctx, lookEvery)
		}
	}
}

// stop ends the servers, the database first: the log's last entries are for it.
func (v *servers) stop() {
	v.quit()
	v.watching.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), stopServersWithin)
	defer cancel()
	if v.postgres != nil {
		_ = v.postgres.Stop(ctx) // it has logged why it needed force
	}
	if v.nats != nil {
		_ = v.nats.Stop(ctx) // everything acked is on disk
	}
}
