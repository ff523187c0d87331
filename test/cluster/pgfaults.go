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
var projected = []string{"events", "mentions", "amendments", "reactions", "pins", "read_markers", "notifications", "offsets", "dead_letters", "outbox"}

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
	first, err := p.pid()
	if err != nil {
		return err
	}
	p.frozen = []int{first}
	if err := signalAll(p.frozen, syscall.SIGSTOP); err != nil { // it starts no more of them
		return err
	}
	children, err := childrenOf(first)
	if err != nil {
		return errors.Join(err, p.Continue())
	}
	p.frozen = append(p.frozen, children...)
	return signalAll(children, syscall.SIGSTOP)
}

// Continue ends a Freeze.
func (p *Postgres) Continue() error {
	all := p.frozen
	p.frozen = nil
	return signalAll(all, syscall.SIGCONT)
}

// pid is the server's first process, which has started all others.
func (p *Postgres) pid() (int, error) {
	raw, err := os.ReadFile(filepath.Join(p.dir, "pgdata", "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return 0, fmt.Errorf("read PostgreSQL's process id: %w", err)
	}
	return pid, nil
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
