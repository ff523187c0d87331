package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// How long the server may take. A start that has to recover from a crash
// replays at most max_wal_size, which is seconds on a small machine.
const (
	startWithin = 60 * time.Second // from launch to accepting connections
	stopWithin  = 6 * time.Second  // for a fast shutdown, before an immediate one
	pollEvery   = 20 * time.Millisecond
)

// PostgresOptions says where and how StartPostgres runs the server.
type PostgresOptions struct {
	Dir    string // everything of the server lives in this folder; made on first use
	Port   int    // on 127.0.0.1; 0 picks a free one and keeps it until the process ends
	Logger *slog.Logger
	// Settings are further server settings, such as fsync=off for unit
	// tests. They win over the defaults.
	Settings map[string]string
}

// Postgres is a PostgreSQL server that runs as a child of this process.
type Postgres struct {
	o        PostgresOptions
	account  account
	bin      string // the folder of the postgres binary
	closed   bool   // the account cannot enter a folder above o.Dir: see handover
	password string

	mu    sync.Mutex // serialises start, stop and restart
	lock  *os.File   // held while the server is ours
	child *child
}

// StartPostgres starts a server in o.Dir from the machine's own binaries, and
// returns when it accepts connections. It makes the database on first use.
//
// A second process that uses the same folder is refused. A server that a killed
// natter left behind in this folder is stopped first, never adopted: it would
// not be our child, so that nothing would end it with us, and it may run with
// an older version's settings.
func StartPostgres(ctx context.Context, o PostgresOptions) (*Postgres, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("find PostgreSQL's folder: %w", err)
	}
	o.Dir = dir
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Postgres{o: o}
	if p.account, err = serverAccount(); err != nil {
		return nil, err
	}
	if err := p.firstStart(ctx); err != nil {
		p.unlock()
		return nil, err
	}
	return p, nil
}

func (p *Postgres) firstStart(ctx context.Context) error {
	err := p.prepare(ctx)
	if err == nil && p.o.Port == 0 {
		p.o.Port, err = FreePort()
	}
	if err == nil {
		err = p.Restart(ctx)
	}
	return err
}

// prepare brings the folder to where the server can start.
func (p *Postgres) prepare(ctx context.Context) error {
	if err := p.makeDir(); err != nil {
		return err
	}
	if err := p.takeLock(); err != nil {
		return err
	}
	var err error
	if p.bin, err = findBinaries(ctx, p.dataVersion()); err != nil {
		return err
	}
	if p.dataVersion() == "" {
		if err := p.initialise(ctx); err != nil {
			return err
		}
	}
	p.password, err = p.readPassword()
	return err
}

// URL returns the address of the database, with its password.
func (p *Postgres) URL() string {
	return fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/%s?sslmode=disable", databaseUser, p.password, p.o.Port, databaseName)
}

// Port returns the port on 127.0.0.1 that the server listens on.
func (p *Postgres) Port() int { return p.o.Port }

// Done is closed when the running server has ended, whoever ended it. After a
// Restart it is another channel.
func (p *Postgres) Done() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.child == nil {
		ended := make(chan struct{})
		close(ended)
		return ended
	}
	return p.child.done
}

// Stop ends the server with a fast shutdown: open transactions are rolled
// back, everything committed is on disk, the next start needs no recovery. If
// that takes longer than a few seconds, or ctx ends, the shutdown is immediate
// and the next start recovers; nothing committed is lost either way.
func (p *Postgres) Stop(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.unlock()
	if p.child == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	err := p.child.shutDown(ctx)
	p.child = nil
	return err
}

// Kill ends the server as a crash would: no shutdown, no checkpoint.
func (p *Postgres) Kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.child != nil {
		p.child.crash()
		p.child = nil
	}
}

// Restart starts the server again on the same port, after a crash, Kill or
// Stop; one that still runs is stopped first. It returns when the server
// accepts connections.
func (p *Postgres) Restart(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if p.child != nil {
		if err := p.child.shutDown(ctx); err != nil {
			return err
		}
		p.child = nil
	}
	if err := p.takeLock(); err != nil {
		return err
	}
	if err := p.stopLeftover(ctx); err != nil {
		return err
	}
	if err := checkPort(p.o.Port); err != nil {
		return err
	}
	child, err := p.launch(ctx)
	if err != nil {
		return err
	}
	p.child = child
	p.o.Logger.Info("postgres started", "port", p.o.Port, "dir", p.o.Dir, "binaries", p.bin)
	return nil
}

// launch starts the process until one answers. What a killed server's last
// backends still hold can refuse the first tries.
func (p *Postgres) launch(ctx context.Context) (*child, error) {
	for {
		c, err := p.startChild()
		if err != nil {
			return nil, err
		}
		err = p.awaitReady(ctx, c)
		if err == nil {
			return c, nil
		}
		c.kill()
		if !errors.Is(err, errStillInUse) || pause(ctx) != nil {
			return nil, err
		}
	}
}

func checkPort(port int) error {
	l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("PostgreSQL cannot listen on 127.0.0.1:%d, because something else does: choose another port or stop that", port)
	}
	return l.Close()
}

// pause waits one poll interval; it fails when ctx has ended.
func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(pollEvery):
		return nil
	}
}
