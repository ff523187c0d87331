package local

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// The one role and database of a local server.
const (
	databaseUser = "natter"
	databaseName = "natter"
)

// The folder holds:
//
//	lock          held by the natter that runs the server
//	password      of the role natter, random, readable by the server's account
//	postgres.log  what the server says
//	pgdata/       PostgreSQL's own data folder
func (p *Postgres) dataDir() string      { return filepath.Join(p.o.Dir, "pgdata") }
func (p *Postgres) logFile() string      { return filepath.Join(p.o.Dir, "postgres.log") }
func (p *Postgres) passwordFile() string { return filepath.Join(p.o.Dir, "password") }

// makeDir makes the folder and sees to it that the server's account can
// reach it, by its path or by what is handed over.
func (p *Postgres) makeDir() error {
	if err := os.MkdirAll(p.o.Dir, p.account.dirMode()); err != nil {
		return fmt.Errorf("make PostgreSQL's folder: %w", err)
	}
	if !p.account.other {
		return nil
	}
	if err := os.Chmod(p.o.Dir, p.account.dirMode()); err != nil {
		return fmt.Errorf("open PostgreSQL's folder to its account: %w", err)
	}
	err := p.account.canReach(p.o.Dir)
	if err != nil && canHandOver() {
		p.closed = true
		return nil
	}
	return err
}

// takeLock makes this process the folder's only user. The kernel releases the
// lock when the process ends, however it ends.
func (p *Postgres) takeLock() error {
	if p.lock != nil {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(p.o.Dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock PostgreSQL's folder: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return fmt.Errorf("another natter uses %s: stop it or choose another folder", p.o.Dir)
	}
	p.lock = f
	return nil
}

func (p *Postgres) unlock() {
	if p.lock != nil {
		p.lock.Close()
		p.lock = nil
	}
}

// dataVersion returns the major version that made the data, "" if there is none.
func (p *Postgres) dataVersion() string {
	raw, err := os.ReadFile(filepath.Join(p.dataDir(), "PG_VERSION"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(raw))
}

func (p *Postgres) readPassword() (string, error) {
	raw, err := os.ReadFile(p.passwordFile())
	if err != nil {
		return "", fmt.Errorf("read the local PostgreSQL's password: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// initialise makes the data folder under another name and renames it when it is
// complete, so that a crash halfway leaves nothing that looks like data.
func (p *Postgres) initialise(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	fresh := p.dataDir() + ".new"
	if err := os.RemoveAll(fresh); err != nil {
		return fmt.Errorf("clear PostgreSQL's folder: %w", err)
	}
	if err := os.Mkdir(fresh, 0o700); err != nil {
		return fmt.Errorf("make PostgreSQL's folder: %w", err)
	}
	if err := p.account.own(fresh); err != nil {
		return err
	}
	if err := p.writePassword(); err != nil {
		return err
	}
	if err := p.fill(ctx, fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, p.dataDir()); err != nil {
		return fmt.Errorf("finish PostgreSQL's folder: %w", err)
	}
	return nil
}

// fill makes a cluster with its database in an empty folder.
func (p *Postgres) fill(ctx context.Context, fresh string) error {
	hand := p.handOver()
	defer hand.close()
	dir, err := hand.name(fresh)
	if err != nil {
		return err
	}
	password, err := hand.name(p.passwordFile())
	if err != nil {
		return err
	}
	if err := p.run(ctx, hand, "", "initdb", "-D", dir, "-U", databaseUser, "--pwfile="+password,
		"--encoding=UTF8", "--locale=C", "--auth-host=scram-sha-256", "--auth-local=scram-sha-256"); err != nil {
		return err
	}
	// Without a server there is no client either: single-user mode makes the database.
	return p.run(ctx, hand, "CREATE DATABASE "+databaseName+"\n", "postgres", "--single", "-D", dir, "postgres")
}

func (p *Postgres) writePassword() error {
	if err := os.Remove(p.passwordFile()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("replace the local PostgreSQL's password: %w", err)
	}
	if err := os.WriteFile(p.passwordFile(), []byte(rand.Text()+"\n"), 0o600); err != nil {
		return fmt.Errorf("write the local PostgreSQL's password: %w", err)
	}
	return p.account.own(p.passwordFile())
}

// run runs one of PostgreSQL's programs to its end and reports what it said
// if it failed.
func (p *Postgres) run(ctx context.Context, hand *handover, stdin, program string, args ...string) error {
	cmd := p.command(ctx, hand, program, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil || bytes.Contains(out, []byte("ERROR:")) || bytes.Contains(out, []byte("FATAL:")) {
		return fmt.Errorf("%s failed (%v): %s", program, err, bytes.TrimSpace(out))
	}
	return nil
}

// pidFile returns what the data folder's postmaster.pid says: the process and
// its status, such as "starting" or "ready". 0 if there is none.
func (p *Postgres) pidFile() (pid int, status string) {
	raw, err := os.ReadFile(filepath.Join(p.dataDir(), "postmaster.pid"))
	if err != nil {
		return 0, ""
	}
	lines := strings.Split(string(raw), "\n")
	pid, _ = strconv.Atoi(strings.TrimSpace(lines[0]))
	if len(lines) > 7 {
		status = strings.TrimSpace(lines[7])
	}
	return pid, status
}

// stopLeftover ends a server that a killed natter left behind in this folder,
// and removes a pid file that names some other program.
func (p *Postgres) stopLeftover(ctx context.Context) error {
	pid, _ := p.pidFile()
	if pid <= 0 {
		return nil
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT, syscall.SIGKILL} {
		if p.isServer(pid) {
			_ = syscall.Kill(pid, signal) // fails only if it has ended
			p.awaitEnd(ctx, pid)
		}
	}
	if p.isServer(pid) {
		return fmt.Errorf("a PostgreSQL server (process %d) still uses %s and does not stop: stop it", pid, p.o.Dir)
	}
	// PostgreSQL refuses to start if another program of its account has got
	// the number meanwhile. Whether the data are in use it checks by its memory.
	if now, _ := p.pidFile(); now == pid {
		if err := os.Remove(filepath.Join(p.dataDir(), "postmaster.pid")); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove a stale pid file: %w", err)
		}
		p.o.Logger.Warn("postgres had not shut down; it will recover", "pid", pid)
	}
	return nil
}

// awaitEnd waits, within bounds, until a server that is not our child has ended.
func (p *Postgres) awaitEnd(ctx context.Context, pid int) {
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	for p.isServer(pid) && pause(ctx) == nil {
	}
}
