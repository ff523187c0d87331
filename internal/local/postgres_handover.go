package local

import (
	"fmt"
	"os"
	"runtime"
)

// handover names files for the server's account. Where that account may not
// enter a folder above them, such as /root, it names open files that the child
// inherits: what is open needs no way to it.
type handover struct {
	open bool // name open files
	all  []*os.File
}

// canHandOver reports whether a process can name the files that it has open.
func canHandOver() bool { return runtime.GOOS == "linux" }

func (p *Postgres) handOver() *handover { return &handover{open: p.closed} }

// name returns the name of path for the child.
func (h *handover) name(path string) (string, error) {
	if !h.open {
		return path, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("open for PostgreSQL: %w", err)
	}
	h.all = append(h.all, f)
	return fmt.Sprintf("/proc/self/fd/%d", 2+len(h.all)), nil // 0 to 2 are standard
}

// close closes the files here; a child that has started keeps its own.
func (h *handover) close() {
	for _, f := range h.all {
		f.Close()
	}
}
