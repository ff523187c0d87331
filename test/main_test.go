package test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/natter-chat/natter/test/cluster"
)

// suite is what the tests of one run share: the commands, built once, and a
// cluster that is started at its first use. Tests that share the cluster run
// one after the other, and each finds it whole.
var suite = struct {
	dir      string
	binaries *cluster.Binaries
	once     sync.Once
	shared   *cluster.Cluster
	err      error
}{}

func TestMain(m *testing.M) {
	if fault := os.Getenv(faultVariable); fault != "" {
		os.Exit(faultyRole(fault))
	}
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// run gives the tests a folder of their own, which PostgreSQL's account may
// enter, and ends the shared cluster after them.
func run(m *testing.M) (code int, err error) {
	suite.dir, suite.binaries, err = cluster.Workshop("natter-test-")
	defer os.RemoveAll(suite.dir)
	if err != nil {
		return 1, err
	}
	code = m.Run()
	if suite.shared != nil {
		err = errors.Join(lastAudit(suite.shared), suite.shared.Close())
	}
	return code, err
}

// lastAudit looks at everything that all the tests have left.
func lastAudit(c *cluster.Cluster) error {
	if err := errors.Join(c.Whole(), c.Since(false)); err != nil {
		return err
	}
	a, err := c.Audit(2 * deadline)
	if err == nil {
		err = a.Err()
	}
	return err
}

// shared returns the cluster that most tests share, whole: two edges, a
// persister, a notifier, everything ready.
func shared(t *testing.T) *cluster.Cluster {
	t.Helper()
	suite.once.Do(func() {
		dir := filepath.Join(suite.dir, "shared")
		if suite.err = os.Mkdir(dir, 0o711); suite.err == nil {
			suite.shared, suite.err = cluster.Start(cluster.Options{Dir: dir, Binaries: suite.binaries, Edges: 2, Persisters: 1, Notifiers: 1})
		}
	})
	if suite.err != nil {
		t.Fatal(suite.err)
	}
	whole(t, suite.shared)
	if err := suite.shared.Since(true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			dump(t, suite.shared)
		}
	})
	return suite.shared
}

// whole brings back what a test ended, or fails.
func whole(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	if err := c.Whole(); err != nil {
		dump(t, c)
		t.Fatal(err)
	}
}

// dump prints the end of every process's log.
func dump(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	for _, part := range strings.SplitAfter(c.Logs(60), "\n--- ") {
		t.Log(part)
	}
}

// deadline is how long a test waits for one thing before it calls it missing.
const deadline = 20 * time.Second
