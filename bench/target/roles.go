package target

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/natter-chat/natter/test/cluster"
)

// endWithin is how long a role may take to end by SIGTERM.
const endWithin = 30 * time.Second

// processes lists those of a role: edge, persister or notifier.
func (t *Target) processes(name string) (all []*cluster.Role) {
	switch name {
	case "edge":
		for _, e := range t.Cluster.Edges {
			all = append(all, &e.Role)
		}
	case "persister":
		all = slices.Clone(t.Cluster.Persisters)
	case "notifier":
		all = slices.Clone(t.Cluster.Notifiers)
	}
	return all
}

// Stop ends the processes of a role, politely.
func (t *Target) Stop(role string) error {
	for _, r := range t.processes(role) {
		if code, err := r.Terminate(endWithin); err != nil || code != 0 {
			return errors.Join(err, fmt.Errorf("%s ended with code %d", r.Name, code))
		}
	}
	return nil
}

// Launch starts a role's processes again, at their addresses, without waiting.
func (t *Target) Launch(role string) error {
	for _, r := range t.processes(role) {
		if err := r.Start(); err != nil {
			return err
		}
	}
	t.look()
	return nil
}

// Ready waits until all roles say that they are.
func (t *Target) Ready() error { return t.Cluster.Ready(time.Minute) }

// Renew ends the processes of a role and starts them again.
func (t *Target) Renew(role string) error {
	if err := t.Stop(role); err != nil {
		return err
	}
	if err := t.Launch(role); err != nil {
		return err
	}
	return t.Ready()
}

// Metric returns the sum of a metric's samples over the processes of a role:
// those whose labels contain all of the given ones, each written name="value".
// It is 0 where the target is not private.
func (t *Target) Metric(role, name string, labels ...string) (sum float64) {
	for _, v := range t.Metrics(role, name, labels...) {
		sum += v
	}
	return sum
}

// Metrics is Metric for each process.
func (t *Target) Metrics(role, name string, labels ...string) (all []float64) {
	if !t.Private() {
		return nil
	}
	for _, r := range t.processes(role) {
		v, _ := r.Metric(name, labels...) // a process that is down has none
		all = append(all, v)
	}
	return all
}

// Transactions returns how many transactions PostgreSQL has ended in natter's
// database; a pipelined batch of statements counts once, this question not at
// all until the next one. A connection that falls idle is counted within 10 s.
func (t *Target) Transactions() (n int64, err error) {
	rows, err := t.Cluster.Postgres.Query("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()")
	if err != nil {
		return 0, err
	}
	_, err = fmt.Sscan(rows[0][0], &n)
	return n, err
}
