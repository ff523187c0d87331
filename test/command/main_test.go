package command

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/natter-chat/natter/test/cluster"
)

// suite is what the tests of one run share: a folder, and the commands, built
// once.
var suite = struct {
	dir      string
	binaries *cluster.Binaries
}{}

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// run gives the tests a folder of their own, which PostgreSQL's account may enter.
func run(m *testing.M) (code int, err error) {
	if suite.dir, err = os.MkdirTemp("", "natter-command-"); err != nil {
		return 1, err
	}
	defer os.RemoveAll(suite.dir)
	if err := os.Chmod(suite.dir, 0o711); err != nil {
		return 1, err
	}
	bin := filepath.Join(suite.dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		return 1, err
	}
	suite.binaries = cluster.NewBinaries(bin, cluster.Commands[:]...)
	return m.Run(), nil
}

const (
	deadline = 20 * time.Second        // bounds every wait of a test
	password = "correct horse battery" // everybody's
)
