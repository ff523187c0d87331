package test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/natter-chat/natter/events"
	"github.com/natter-chat/natter/jetstream"
	"github.com/natter-chat/natter/notifier"
	"github.com/natter-chat/natter/persister"
	"github.com/natter-chat/natter/sql"
	"github.com/natter-chat/natter/test/cluster"
)

// faultVariable makes the test's own binary a role that dies: "persister:40"
// is a persister of CHAT that ends, as by kill -9, after the commit in which it
// has applied 40 entries or more, and before the ack.
const faultVariable = "NATTER_TEST_FAULT"

// dead is the exit code of the fault, so that another end is not taken for it.
const dead = 137

// DiesAfterCommit runs a role that applies n entries or more, commits them and
// dies before the ack; it waits for that.
func (w *Town) DiesAfterCommit(role string, n int) {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := w.AddProcess("dying-"+role, self, nil, map[string]string{faultVariable: fmt.Sprintf("%s:%d", role, n)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if r.Running() {
			r.Kill()
		}
	})
	wait(w.t, r.Done(), "the death of a "+role)
	if code := r.ExitCode(); code != dead {
		w.t.Fatalf("the %s ended with code %d, not by its fault:\n%s", role, code, r.Log())
	}
	w.t.Logf("a %s", strings.TrimSpace(r.Log()[strings.LastIndex(strings.TrimSpace(r.Log()), "\n")+1:]))
}

// faultyRole is the process of DiesAfterCommit.
func faultyRole(fault string) (code int) {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	role, count, _ := strings.Cut(fault, ":")
	n, err := strconv.Atoi(count)
	if err == nil {
		err = runFaulty(ctx, logger, role, n)
	}
	logger.Error("the fault did not happen", "error", err)
	return 1
}

func runFaulty(ctx context.Context, logger *slog.Logger, role string, n int) error {
	log, err := jetstream.Connect(ctx, jetstream.Options{URL: os.Getenv("NATS_URL"), Name: os.Getenv("NATTER_NAME"), Logger: logger})
	if err != nil {
		return err
	}
	defer log.Close()
	if err := log.Check(ctx); err != nil {
		return err
	}
	switch role {
	case "persister":
		db, err := sql.Open(ctx, os.Getenv("DATABASE_URL"), logger, nil)
		if err != nil {
			return err
		}
		defer db.Close()
		p := persister.New(persister.Options{Log: log, DB: db, Logger: logger, Metrics: prometheus.NewRegistry()})
		w := &dying{Worker: p.Worker(jetstream.PersisterChat), left: n, logger: logger}
		return log.Work(ctx, jetstream.WorkOptions{Consumer: jetstream.PersisterChat}, w)
	case "notifier":
		w := &dying{Worker: notifier.NewWorker(log, logger, nil), left: n, logger: logger}
		return log.Work(ctx, jetstream.WorkOptions{Consumer: jetstream.NotifierChat}, w)
	}
	return fmt.Errorf("there is no fault for %q", role)
}

// dying is a worker that ends the process once it has applied enough.
type dying struct {
	jetstream.Worker
	left   int
	logger *slog.Logger
}

// Apply commits, and then there may be no process any more to ack.
func (d *dying) Apply(ctx context.Context, b events.Batch) error {
	err := d.Worker.Apply(ctx, b)
	if err != nil {
		return err
	}
	if d.left -= len(b.Entries); d.left <= 0 {
		d.logger.Info("dies after its commit, before its ack", "from", b.From, "to", b.To)
		os.Exit(dead)
	}
	return nil
}

// Away ends roles by SIGKILL for the rest of the test, or until whole.
func (w *Town) Away(t *testing.T, roles []*cluster.Role) {
	t.Helper()
	for _, r := range roles {
		r.Kill()
	}
}
