package cluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// projected are the tables that workers and edges write while they work.
var projected = []string{"events", "mentions", "read_markers", "notifications", "offsets", "dead_letters", "outbox"}

// Lock holds tables, so that nobody else can even read them, until release or
// for two minutes. Without names these are the projected tables. The lock is
// held when Lock returns; release reports a lock that was lost before.
func (p *Postgres) Lock(tables ...string) (release func() error, err error) {
	if len(tables) == 0 {
		tables = projected
	}
	s, err := p.session()
	if err != nil {
		return nil, err
	}
	_, err = s.run("SET lock_timeout = '20s'; BEGIN; LOCK TABLE " + strings.Join(tables, ", ") + " IN ACCESS EXCLUSIVE MODE;")
	if err != nil {
		return nil, err
	}
	return func() error {
		if _, err := s.run("ROLLBACK;"); err != nil {
			return fmt.Errorf("the lock did not last: %w", err)
		}
		s.end()
		return nil
	}, nil
}

// Freeze stops the server with all its processes until Continue: connections
// stay and nothing answers.
func (p *Postgres) Freeze() error {
	all, err := p.pids()
	if err != nil {
		return err
	}
	p.frozen = all
	return signalAll(all, syscall.SIGSTOP)
}

// Continue ends a Freeze.
func (p *Postgres) Continue() error {
	all := p.frozen
	p.frozen = nil
	return signalAll(all, syscall.SIGCONT)
}

// pids are the server's processes. The first starts the others, and no more of
// them once it is stopped.
func (p *Postgres) pids() ([]int, error) {
	raw, err := os.ReadFile(filepath.Join(p.dir, "pgdata", "postmaster.pid"))
	if err != nil {
		return nil, err
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return nil, fmt.Errorf("read PostgreSQL's process id: %w", err)
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		return nil, fmt.Errorf("stop PostgreSQL: %w", err)
	}
	children, err := childrenOf(pid)
	return append([]int{pid}, children...), err
}

func signalAll(pids []int, s syscall.Signal) error {
	var wrong []error
	for _, pid := range pids {
		if err := syscall.Kill(pid, s); err != nil && !errors.Is(err, syscall.ESRCH) {
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}
