package cluster

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

// partitions is why there are none here, nil if there are.
var partitions error

func TestMain(m *testing.M) {
	partitions = Isolate()
	if partitions != nil && !errors.Is(partitions, ErrNotRoot) {
		fmt.Fprintln(os.Stderr, partitions)
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "natter-cluster-bin-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	natsd, all = NewBinaries(dir, "test/natsd"), NewBinaries(dir, Commands[:]...)
	natsd.Plain, all.Plain = true, true // what is tested here is this package
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// natsd is the log's server for the tests that need no role, all is everything.
var natsd, all *Binaries

// needsRoot skips a test that needs network namespaces.
func needsRoot(t *testing.T) {
	t.Helper()
	if partitions != nil {
		t.Skip(partitions)
	}
}
