package command

import (
	"fmt"
	"os"
	"testing"

	"github.com/natter-chat/natter/internal/testenv"
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
	suite.dir, suite.binaries, err = cluster.Workshop("natter-command-")
	defer os.RemoveAll(suite.dir)
	if err != nil {
		return 1, err
	}
	return m.Run(), nil
}

const (
	deadline = testenv.Patience        // bounds every wait of a test
	password = "correct horse battery" // everybody's
)
