package cluster

import (
	"context"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/natter-chat/natter/internal/local"
)

// Postgres is the database's server, a child of this process.
type Postgres struct {
	server  *local.Postgres
	dir     string
	place   place
	running atomic.Bool
	frozen  []int // processes that Freeze has stopped
}

// startPostgres starts the server in the runner's namespace. Where there is a
// network it listens at an address of its own, too.
func (c *Cluster) startPostgres() error {
	at, err := c.settleBeside()
	if err != nil {
		return err
	}
	p := &Postgres{dir: c.file("postgres"), place: at}
	o := local.PostgresOptions{Dir: p.dir, Logger: quiet(), Settings: map[string]string{"authentication_timeout": loginBound}}
	if c.network != nil {
		if err := p.listen(o.Settings); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	if p.server, err = local.StartPostgres(ctx, o); err != nil {
		return err
	}
	p.running.Store(true)
	c.Postgres = p
	return nil
}

// listen opens the server to the network, which is private to this program.
func (p *Postgres) listen(settings map[string]string) error {
	if err := os.MkdirAll(p.dir, 0o711); err != nil {
		return err
	}
	file := filepath.Join(p.dir, "pg_hba.conf")
	settings["hba_file"], settings["listen_addresses"] = file, "127.0.0.1,"+p.place.addr.String()
	return os.WriteFile(file, []byte("host all all 0.0.0.0/0 scram-sha-256\n"), 0o644)
}

// URL is where clients connect.
func (p *Postgres) URL() string {
	u, err := url.Parse(p.server.URL())
	if err != nil {
		return p.server.URL() // whoever connects reports it
	}
	u.Host = netip.AddrPortFrom(p.place.addr, uint16(p.server.Port())).String()
	return u.String()
}

// Running reports whether the server was not killed.
func (p *Postgres) Running() bool { return p.running.Load() }

// Kill ends the server as a crash does.
func (p *Postgres) Kill() {
	p.running.Store(false)
	p.frozen = nil
	p.server.Kill()
}

// Restart starts the server at its address and waits until it answers.
func (p *Postgres) Restart() error {
	if err := p.Continue(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	err := p.server.Restart(ctx)
	p.running.Store(err == nil)
	return err
}

func (p *Postgres) stop() error {
	if err := p.Continue(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return p.server.Stop(ctx)
}
