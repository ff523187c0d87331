package cluster

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/natter-chat/natter/internal/local"
)

// NATS is the log's server, a process of its own.
type NATS struct {
	*Process
	Address string // host:port of its clients
	Monitor string // URL of its monitoring
}

// URL is where clients connect.
func (n *NATS) URL() string { return "nats://" + n.Address }

func startNATS(o Options) (*NATS, error) {
	path, err := o.Binaries.Path("natsd")
	if err != nil {
		return nil, err
	}
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	args := []string{"-dir", filepath.Join(o.Dir, "nats"), "-port", strconv.Itoa(ports[0]), "-monitor", strconv.Itoa(ports[1])}
	n := &NATS{
		Process: &Process{Name: "nats", path: path, args: args, env: os.Environ(), log: filepath.Join(o.Dir, "nats.log")},
		Address: fmt.Sprintf("127.0.0.1:%d", ports[0]),
		Monitor: fmt.Sprintf("http://127.0.0.1:%d", ports[1]),
	}
	return n, n.Restart()
}

// Restart starts the server at its address and waits until it is healthy,
// which is when JetStream has recovered.
func (n *NATS) Restart() error {
	if err := n.Start(); err != nil {
		return err
	}
	return poll(30*time.Second, func() error {
		if err := n.died(); err != nil {
			return err
		}
		return healthy(n.Monitor + "/healthz")
	})
}

// healthy asks a health page.
func healthy(url string) error {
	client := http.Client{Timeout: 2 * time.Second}
	res, err := client.Get(url)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, res.Status)
	}
	return nil
}

// Postgres is the database's server, a child of this process.
type Postgres struct {
	server  *local.Postgres
	running atomic.Bool
}

func startPostgres(dir string) (*Postgres, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	server, err := local.StartPostgres(ctx, local.PostgresOptions{Dir: filepath.Join(dir, "postgres"), Logger: quiet()})
	if err != nil {
		return nil, err
	}
	p := &Postgres{server: server}
	p.running.Store(true)
	return p, nil
}

// URL is where clients connect.
func (p *Postgres) URL() string { return p.server.URL() }

// Running reports whether the server was not killed.
func (p *Postgres) Running() bool { return p.running.Load() }

// Kill ends the server as a crash does.
func (p *Postgres) Kill() {
	p.running.Store(false)
	p.server.Kill()
}

// Restart starts the server at its address and waits until it answers.
func (p *Postgres) Restart() error {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	err := p.server.Restart(ctx)
	p.running.Store(err == nil)
	return err
}

func (p *Postgres) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return p.server.Stop(ctx)
}
