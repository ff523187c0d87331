package cluster

import (
	"context"
	"errors"
	"os/exec"
	"testing"
	"time"
)

// answers reports whether a query is answered within the time.
func (p *Postgres) answers(t *testing.T, within time.Duration, query string) bool {
	t.Helper()
	psql, err := findPsql()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	return exec.CommandContext(ctx, psql, "-XAtq", "-d", p.URL(), "-c", query).Run() == nil
}

func TestOfTheDatabase(t *testing.T) {
	t.Parallel()
	p := startedPostgres(t, empty(t, Options{}))
	ask := func(query string) error {
		_, err := p.Query(query)
		return err
	}
	if err := ask("CREATE TABLE locked (n int); CREATE TABLE open (n int)"); err != nil {
		t.Fatal(err)
	}
	t.Run("a locked table can not be read and others can", func(t *testing.T) {
		release, err := p.Lock("locked")
		if err != nil {
			t.Fatal(err)
		}
		if p.answers(t, time.Second, "TABLE locked") {
			t.Error("a locked table was read")
		}
		if err := errors.Join(ask("TABLE open"), release(), ask("TABLE locked")); err != nil {
			t.Error(err)
		}
	})
	t.Run("while it is frozen it answers nobody", func(t *testing.T) {
		if err := p.Freeze(); err != nil {
			t.Fatal(err)
		}
		if p.answers(t, time.Second, "SELECT 1") {
			t.Error("a frozen server answers")
		}
		if err := errors.Join(p.Continue(), ask("SELECT 1")); err != nil {
			t.Error(err)
		}
	})
	t.Run("nobody connects when every connection is taken", func(t *testing.T) {
		release, taken, err := p.TakeConnections()
		if err != nil {
			t.Fatal(err)
		}
		if p.answers(t, 5*time.Second, "SELECT 1") {
			t.Errorf("somebody connected although %d connections are taken", taken)
		}
		if err := release(); err != nil {
			t.Fatal(err)
		}
		Eventually(t, 10*time.Second, func() error { return ask("SELECT 1") })
	})
	t.Run("a lock that did not last is reported", func(t *testing.T) {
		release, err := p.Lock("locked")
		if err != nil {
			t.Fatal(err)
		}
		p.Kill()
		if release() == nil {
			t.Error("the server was killed, and the lock is said to have lasted")
		}
		if err := p.Restart(); err != nil {
			t.Fatal(err)
		}
	})
}
