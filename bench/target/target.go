package target

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/natter-chat/natter/bench/meter"
	"github.com/natter-chat/natter/test/cluster"
)

// Target is a running natter.
type Target struct {
	Edges   []string         // URLs
	Cluster *cluster.Cluster // nil for one that was not started here
	Roles   meter.Roles      // empty unless the processes are known

	dir      string
	binaries *cluster.Binaries // what is built in dir
	people   *registry         // nil: people sign up over HTTP
}

// Options change what Start starts.
type Options struct {
	Dir   string // for data and binaries; empty: a temporary one
	Edges int
}

// Start builds natter, without the race detector, and starts one NATS server
// with fsync, PostgreSQL, the edges, a persister and a notifier.
func Start(ctx context.Context, o Options, progress func(string)) (*Target, error) {
	t, err := Folder(o)
	if err != nil {
		return nil, err
	}
	progress("building natter and starting NATS, PostgreSQL, edges, persister, notifier")
	binaries := t.Binaries()
	if t.Cluster, err = cluster.Start(cluster.Options{Dir: t.dir, Binaries: binaries}); err == nil {
		err = t.startRoles(binaries, max(o.Edges, 1))
	}
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	for _, e := range t.Cluster.Edges {
		t.Edges = append(t.Edges, e.URL)
	}
	t.look()
	t.people, err = newRegistry(ctx, t.Cluster)
	if err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// Folder makes a target that has a folder and runs nothing.
func Folder(o Options) (*Target, error) {
	dir, err := os.MkdirTemp(o.Dir, "natter-bench-")
	if err != nil {
		return nil, err
	}
	t := &Target{dir: dir}
	if err := os.Chmod(dir, 0o711); err != nil { // PostgreSQL's account must get in
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

// Dir is the folder of a target that was started here.
func (t *Target) Dir() string { return t.dir }

// Binaries returns natter's commands, which are built into the folder, as they
// are released, when the first is needed.
func (t *Target) Binaries() *cluster.Binaries {
	if t.binaries == nil {
		t.binaries = cluster.NewBinaries(t.dir, cluster.Commands[:]...)
		t.binaries.Plain = true
	}
	return t.binaries
}

// startRoles starts the roles as they run in earnest, but for the bounds on one
// client's traffic.
func (t *Target) startRoles(binaries *cluster.Binaries, edges int) error {
	quiet := map[string]string{"NATTER_LOG": "WARN", "NATTER_FRAMES_PER_SECOND": "0", "NATTER_MAX_CONNECTIONS": "50000",
		"NATTER_CONNECTIONS_PER_USER": "0"}
	for range edges {
		if _, err := t.Cluster.AddEdge(quiet); err != nil {
			return err
		}
	}
	for _, role := range []struct {
		name string
		list *[]*cluster.Role
	}{{"persister", &t.Cluster.Persisters}, {"notifier", &t.Cluster.Notifiers}} {
		path, err := binaries.Path(role.name)
		if err != nil {
			return err
		}
		r, err := t.Cluster.AddProcess(role.name, path, nil, quiet)
		if err != nil {
			return err
		}
		*role.list = append(*role.list, r)
	}
	return t.Cluster.Ready(30 * time.Second)
}

// look notes the process ids, which change when a role is started again.
func (t *Target) look() {
	t.Roles = meter.Roles{"nats": {t.Cluster.NATS.PID()}}
	for _, e := range t.Cluster.Edges {
		t.Roles["edge"] = append(t.Roles["edge"], e.PID())
	}
	for _, r := range t.Cluster.Persisters {
		t.Roles["persister"] = append(t.Roles["persister"], r.PID())
	}
	for _, r := range t.Cluster.Notifiers {
		t.Roles["notifier"] = append(t.Roles["notifier"], r.PID())
	}
	if pid := postmaster(filepath.Join(t.dir, "postgres", "pgdata")); pid > 0 {
		t.Roles["postgres"] = []int{pid}
	}
}

// postmaster reads the process id of the server that uses a data folder.
func postmaster(dir string) int {
	raw, err := os.ReadFile(filepath.Join(dir, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, _ := strconv.Atoi(first)
	return pid
}

// At is a natter that runs already. roles are its processes on this machine, if
// they are to be measured.
func At(edges []string, roles meter.Roles) *Target { return &Target{Edges: edges, Roles: roles} }

// Private reports whether the target was started here, so that it may be
// stopped, filled and emptied.
func (t *Target) Private() bool { return t.Cluster != nil }

// Close ends what was started here and removes its data.
func (t *Target) Close() error {
	var errs []error
	if t.people != nil {
		t.people.close()
	}
	if t.Cluster != nil {
		errs = append(errs, t.Cluster.Close())
	}
	if t.dir != "" {
		errs = append(errs, os.RemoveAll(t.dir))
	}
	return errors.Join(errs...)
}

// Drained waits until all that was decided is in the log and the persister has
// stored it, and returns how long that took. On a target that was not started here it returns
// at once.
func (t *Target) Drained(ctx context.Context, within time.Duration) (time.Duration, error) {
	if !t.Private() {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	began := time.Now()
	for {
		unpublished, behind, err := t.undone(ctx)
		if err == nil && unpublished+behind == 0 {
			return time.Since(began), nil
		}
		select {
		case <-ctx.Done():
			return time.Since(began), fmt.Errorf("the outbox holds %d subjects and the persister is %d events behind (%v)", unpublished, behind, err)
		case <-time.After(20 * time.Millisecond): // between two looks at a condition
		}
	}
}
