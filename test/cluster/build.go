package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

const module = "github.com/natter-chat/natter/"

// Binaries builds natter's commands once, with the race detector, into dir.
type Binaries struct {
	dir  string
	once sync.Once
	err  error
}

// NewBinaries returns binaries that will be built into dir at first use.
func NewBinaries(dir string) *Binaries { return &Binaries{dir: dir} }

// Path returns the path of a command, building all of them the first time.
func (b *Binaries) Path(name string) (string, error) {
	b.once.Do(b.build)
	return filepath.Join(b.dir, name), b.err
}

func (b *Binaries) build() {
	args := []string{"build", "-race", "-o", b.dir + string(filepath.Separator),
		module + "cmd/edge", module + "cmd/persister", module + "cmd/notifier", module + "cmd/natter", module + "test/natsd"}
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.err = fmt.Errorf("build natter: %w\n%s", err, out)
	}
}
