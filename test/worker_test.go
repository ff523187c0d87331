package test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
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

// faultVariable makes the test's own binary a role with a fault, such as
// "persister commit 40" (see faults).
const faultVariable = "NATTER_TEST_FAULT"

// The faults of a worker. Each has a word or number behind it.
const (
	afterCommit  = "commit" // dies when it has committed so many entries or more, before the ack
	beforeCommit = "death"  // dies with a batch in hand that holds this word
	frozenCommit = "freeze" // stops itself with such a batch in hand, before it commits; thawed, it tries and dies
)

// dead is the exit code of a worker that died of its fault, so that another end
// is not taken for it.
const dead = 137

// Faulty runs a role with a fault. It ends with the test.
func (w *Town) Faulty(role, fault string, of any) *cluster.Role {
	w.t.Helper()
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	r, err := w.AddProcess("faulty-"+role, self, nil, map[string]string{faultVariable: fmt.Sprint(role, " ", fault, " ", of)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		if w.t.Failed() {
			w.t.Logf("--- %s\n%s", r.Name, r.Log())
		}
		if r.Running() {
			r.Kill()
		}
	})
	return r
}

// Dies waits for a faulty role's death of its fault.
func (w *Town) Dies(r *cluster.Role) {
	w.t.Helper()
	wait(w.t, r.Done(), "the death of "+r.Name)
	if code := r.ExitCode(); code != dead {
		w.t.Fatalf("%s ended with code %d, not by its fault:\n%s", r.Name, code, r.Log())
	}
}

// DiesAfterCommit runs a role that applies n entries or more, commits them and
// dies before the ack; it waits for that.
func (w *Town) DiesAfterCommit(role string, n int) {
	w.t.Helper()
	w.Dies(w.Faulty(role, afterCommit, n))
}

// Logs waits until a faulty role has logged something.
func (w *Town) Logs(r *cluster.Role, what string) {
	w.t.Helper()
	eventually(w.t, deadline, func() error {
		if !strings.Contains(r.Log(), what) {
			return fmt.Errorf("%s has not logged %q", r.Name, what)
		}
		return nil
	})
}

// faultyRole is the process of Faulty.
func faultyRole(fault string) (code int) {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	words := strings.SplitN(fault, " ", 3)
	left, _ := strconv.Atoi(words[2])
	err := runFaulty(ctx, words[0], &faulty{fault: words[1], left: left, word: words[2], logger: logger})
	logger.Error("the fault did not happen", "error", err)
	return 1
}

func runFaulty(ctx context.Context, role string, f *faulty) error {
	logger := f.logger
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
		f.Worker = p.Worker(jetstream.PersisterChat)
		return log.Work(ctx, jetstream.WorkOptions{Consumer: jetstream.PersisterChat}, preparing{f})
	case "notifier":
		db, err := sql.Open(ctx, os.Getenv("DATABASE_URL"), logger, nil)
		if err != nil {
			return err
		}
		defer db.Close()
		f.Worker = notifier.NewWorker(log, db, logger, nil)
		return log.Work(ctx, jetstream.WorkOptions{Consumer: jetstream.NotifierChat}, f)
	}
	return fmt.Errorf("there is no fault for %q", role)
}

// faulty is a role's own worker with a fault.
type faulty struct {
	jetstream.Worker
	fault  string
	left   int    // of afterCommit
	word   string // of the others
	logger *slog.Logger
}

// Apply applies, or fails as it was told to.
func (f *faulty) Apply(ctx context.Context, b events.Batch) error {
	return f.apply(ctx, b, func(ctx context.Context) error { return f.Worker.Apply(ctx, b) })
}

// preparing is faulty where the role's worker prepares.
type preparing struct{ *faulty }

func (p preparing) Prepare(b events.Batch) func(context.Context) error {
	apply := p.Worker.(jetstream.Preparer).Prepare(b)
	return func(ctx context.Context) error { return p.apply(ctx, b, apply) }
}

func (f *faulty) apply(ctx context.Context, b events.Batch, apply func(context.Context) error) error {
	struck := f.fault != afterCommit && slices.ContainsFunc(b.Entries, func(e events.Entry) bool { return strings.Contains(string(e.Body), f.word) })
	if struck && f.fault == beforeCommit {
		f.logger.Info("dies with a batch in hand", "from", b.From, "to", b.To)
		os.Exit(dead)
	}
	if struck {
		f.logger.Info("freezes with a batch in hand", "from", b.From, "to", b.To)
		freeze()
		f.word = "\x00" // once
		// However long it was frozen, it tries: the fence alone may stop it.
		fresh, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		ctx = fresh
	}
	err := apply(ctx)
	f.logger.Info("applied", "from", b.From, "to", b.To, "thawed", struck, "fenced", errors.Is(err, jetstream.ErrFenced), "error", err)
	f.left -= len(b.Entries)
	if struck || err == nil && f.fault == afterCommit && f.left <= 0 {
		os.Exit(dead) // before it could mend anything
	}
	return err
}

// freeze stops this process and returns once somebody has continued it. Other
// threads, and this one, run on for a moment before the signal takes effect,
// which on a busy machine is long enough to commit.
func freeze() {
	continued := make(chan os.Signal, 1)
	signal.Notify(continued, syscall.SIGCONT)
	defer signal.Stop(continued)
	_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	<-continued
}

// Away ends roles by SIGKILL for the rest of the test, or until whole.
func (w *Town) Away(t *testing.T, roles []*cluster.Role) {
	t.Helper()
	for _, r := range roles {
		r.Kill()
	}
}
