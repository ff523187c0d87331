package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// maxLog is the size beyond which the server's log is set aside at a start.
const maxLog = 8 << 20

// errStillInUse says that processes of a killed server still hold its memory.
var errStillInUse = errors.New("PostgreSQL's memory is still in use by a server that was killed")

// child is one run of the server.
type child struct {
	cmd     *exec.Cmd
	logFrom int64         // where this run's lines begin in the log
	done    chan struct{} // closed when the process has ended
}

// settings suit a machine with 1 GB of memory, and never trade durability for
// speed: an acknowledged commit is on disk.
func (p *Postgres) settings() []string {
	set := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(p.o.Port),
		"unix_socket_directories": "", // loopback with a password is the only door
		"password_encryption":     "scram-sha-256",
		"fsync":                   "on",
		"synchronous_commit":      "on",
		"full_page_writes":        "on",
		"shared_buffers":          "128MB",
		"effective_cache_size":    "384MB",
		"work_mem":                "4MB",
		"maintenance_work_mem":    "48MB",
		"max_connections":         "80",
		"max_wal_size":            "512MB",
		"wal_compression":         "on",
		"jit":                     "off",
		"huge_pages":              "off",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"log_checkpoints":         "off",
		"log_line_prefix":         "%m [%p] ",
	}
	for name, value := range p.o.Settings {
		set[name] = value
	}
	var args []string
	for name, value := range set {
		args = append(args, "--"+name+"="+value)
	}
	sort.Strings(args)
	return args
}

func (p *Postgres) startChild() (*child, error) {
	log, err := p.openLog()
	if err != nil {
		return nil, err
	}
	defer log.Close()
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL's log: %w", err)
	}
	hand := p.handOver()
	defer hand.close()
	dir, err := hand.name(p.dataDir())
	if err != nil {
		return nil, err
	}
	cmd := p.command(context.Background(), hand, "postgres", append([]string{"-D", dir}, p.settings()...)...)
	cmd.Stdout, cmd.Stderr = log, log
	c := &child{cmd: cmd, logFrom: from, done: make(chan struct{})}
	started := make(chan error)
	go func() {
		defer close(c.done)
		// The death signal is sent when the thread that started the child
		// ends, so this thread must live as long as the child.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended stands in its log
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return c, nil
}

// command prepares one of PostgreSQL's programs to run as the server's account.
func (p *Postgres) command(ctx context.Context, hand *handover, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(p.bin, program), args...)
	cmd.Dir, cmd.ExtraFiles = "/", hand.all
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC", "HOME=" + p.o.Dir}
	cmd.SysProcAttr = p.account.attributes()
	return cmd
}

// openLog opens the server's log for appending. It does not follow a link,
// because root opens it in a folder where another account may write.
func (p *Postgres) openLog() (*os.File, error) {
	path := p.logFile()
	if info, err := os.Lstat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, fmt.Errorf("set PostgreSQL's log aside: %w", err)
		}
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL's log: %w", err)
	}
	return f, nil
}

// awaitReady returns when the server says, in its pid file, that it accepts
// connections (the same sign that pg_ctl waits for).
func (p *Postgres) awaitReady(ctx context.Context, c *child) error {
	for {
		if pid, status := p.pidFile(); pid == c.cmd.Process.Pid && status == "ready" {
			return nil
		}
		select {
		case <-c.done:
			return p.explain(c)
		default:
		}
		if pause(ctx) != nil {
			return fmt.Errorf("PostgreSQL did not start in time: see %s", p.logFile())
		}
	}
}

// explain says in a sentence why the server ended while starting.
func (p *Postgres) explain(c *child) error {
	log := p.logSince(c.logFrom)
	switch {
	case strings.Contains(log, "shared memory block") && strings.Contains(log, "still in use"):
		return errStillInUse
	case strings.Contains(log, "could not bind"):
		return fmt.Errorf("PostgreSQL cannot listen on 127.0.0.1:%d, because something else does: choose another port or stop that", p.o.Port)
	case strings.Contains(log, "No space left on device"):
		return fmt.Errorf("PostgreSQL cannot start, because the disk of %s is full", p.o.Dir)
	}
	last := ""
	for line := range strings.Lines(log) {
		if strings.Contains(line, "FATAL:") || strings.Contains(line, "PANIC:") || last == "" {
			last = strings.TrimSpace(line)
		}
	}
	return fmt.Errorf("PostgreSQL ended while starting (%s): see %s", last, p.logFile())
}

func (p *Postgres) logSince(from int64) string {
	f, err := os.Open(p.logFile())
	if err != nil {
		return ""
	}
	defer f.Close()
	raw, _ := io.ReadAll(io.NewSectionReader(f, from, 64<<10))
	return string(raw)
}

// shutDown asks for a fast shutdown and, when ctx ends before it is done,
// for an immediate one.
func (c *child) shutDown(ctx context.Context) error {
	_ = c.cmd.Process.Signal(syscall.SIGINT) // fails only if it has ended
	select {
	case <-c.done:
		return nil
	case <-ctx.Done():
	}
	_ = c.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-c.done:
	case <-time.After(2 * time.Second):
		c.kill()
	}
	return errors.New("PostgreSQL did not shut down in time and was ended at once; it will recover at the next start")
}

// crash kills the server with all its processes at once, as a power cut would.
// Killed alone, the first one would leave the others a moment in which they
// still serve their clients.
func (c *child) crash() {
	_ = c.cmd.Process.Signal(syscall.SIGSTOP) // it starts no more of them
	for _, pid := range childrenOf(c.cmd.Process.Pid) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	c.kill()
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.done
}

func numbers(s string) []int {
	var found []int
	for _, field := range strings.Fields(s) {
		if n, err := strconv.Atoi(field); err == nil {
			found = append(found, n)
		}
	}
	return found
}
