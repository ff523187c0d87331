package test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/natter-chat/natter/internal/testenv"
	"github.com/natter-chat/natter/test/cluster"
)

// suite is what the tests of one run share: the commands, built once, and
// clusters that are started at their first use.
var suite struct {
	dir      string
	binaries *cluster.Binaries
	stories  lanes // what people and programs do
	pages    lanes // what they do in a browser
	own      sync.Mutex
	browser  chromium // of all pages
}

// lane is a cluster that many tests share, one after the other; each finds it
// whole. Lanes run side by side, because tests wait more than they compute.
type lane struct {
	name    string
	cluster *cluster.Cluster // nil before its first test
	err     error
}

// lanes are those that no test is in.
type lanes chan *lane

func newLanes(names ...string) lanes {
	all := make(lanes, len(names))
	for _, name := range names {
		all <- &lane{name: name}
	}
	return all
}

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
// enter, and ends the shared clusters after them.
func run(m *testing.M) (code int, err error) {
	suite.dir, suite.binaries, err = cluster.Workshop("natter-test-")
	defer os.RemoveAll(suite.dir)
	if err != nil {
		return 1, err
	}
	// A test that waits for its turn in a lane counts as running.
	if err := flag.Set("test.parallel", "1000"); err != nil {
		return 1, err
	}
	suite.stories, suite.pages = newLanes("stories"), newLanes("pages")
	code = m.Run()
	suite.browser.close()
	return code, errors.Join(suite.stories.close(), suite.pages.close())
}

// close looks at everything that all the tests have left, and ends the clusters.
func (all lanes) close() (err error) {
	for range cap(all) {
		l := <-all
		if l.cluster != nil {
			err = errors.Join(err, lastAudit(l.cluster), l.cluster.Close())
		}
	}
	return err
}

// lastAudit looks at everything in a cluster.
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

// enter waits for a free lane and returns its cluster, whole: two edges, a
// persister, a notifier, everything ready.
func (all lanes) enter(t *testing.T) *cluster.Cluster {
	t.Helper()
	t.Parallel()
	l := <-all
	t.Cleanup(func() { all <- l })
	if l.cluster == nil && l.err == nil {
		l.start()
	}
	if l.err != nil {
		t.Fatal(l.err)
	}
	whole(t, l.cluster)
	if err := l.cluster.Since(true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			dump(t, l.cluster)
		}
	})
	return l.cluster
}

func (l *lane) start() {
	dir := filepath.Join(suite.dir, l.name)
	if l.err = os.Mkdir(dir, 0o711); l.err == nil {
		l.cluster, l.err = cluster.Start(cluster.Options{Dir: dir, Binaries: suite.binaries, Edges: 2, Persisters: 1, Notifiers: 1})
	}
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
const deadline = testenv.Patience
