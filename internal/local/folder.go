package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Folder is natter's data folder on one machine, in use by this process alone:
//
//	lock         held by the natter that uses the folder
//	secret       of the access and refresh tokens, readable by its owner only
//	log-bytes    the bound of the CHAT stream
//	servers.env  where the servers are, with passwords, for an operator's shell
//	mail/        mails that did not go out, without a mail server
//	nats/        the log
//	postgres/    the tables; see StartPostgres
type Folder struct {
	Dir  string // absolute
	lock *os.File
}

// OpenFolder makes the folder if it is missing and locks it. The kernel releases
// the lock when the process ends, however it ends.
func OpenFolder(dir string) (*Folder, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the data folder: %w", err)
	}
	if err := os.MkdirAll(abs, folderMode()); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(abs, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the data folder %s cannot be used by this user: %w", abs, err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return nil, fmt.Errorf("another natter uses the data folder %s: stop it, or choose another folder with -data", abs)
	}
	return &Folder{abs, lock}, nil
}

// folderMode lets PostgreSQL's account pass through a folder of root's.
func folderMode() os.FileMode {
	if os.Geteuid() == 0 {
		return 0o711
	}
	return 0o700
}

// NATS is the folder of the log.
func (f *Folder) NATS() string { return filepath.Join(f.Dir, "nats") }

// Mail is the folder of the mailbox.
func (f *Folder) Mail() string { return filepath.Join(f.Dir, "mail") }

// Postgres is the folder of the database server.
func (f *Folder) Postgres() string { return filepath.Join(f.Dir, "postgres") }

// Secret returns the secret of this folder. The first time it is what fresh
// returns, which is kept.
func (f *Folder) Secret(fresh func() string) (string, error) {
	return f.keep("secret", func() (string, error) { return fresh(), nil })
}

// The bound of CHAT, chosen when the folder is first used. All streams together
// take 1.28 times as much, and the tables about as much again.
const (
	minLogBytes = 256 << 20
	maxLogBytes = 8 << 30
)

// LogBytes returns the bound of the CHAT stream: a third of what the disk had
// free when the folder was first used, 8 GiB at most. The file may be edited.
func (f *Folder) LogBytes() (int64, error) {
	text, err := f.keep("log-bytes", func() (string, error) {
		var disk syscall.Statfs_t
		if err := syscall.Statfs(f.Dir, &disk); err != nil {
			return "", err
		}
		free := int64(disk.Bavail) * int64(disk.Bsize)
		return strconv.FormatInt(min(max(free/3, minLogBytes), maxLogBytes), 10), nil
	})
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < minLogBytes {
		return 0, fmt.Errorf("%s must hold a number of bytes, at least %d", filepath.Join(f.Dir, "log-bytes"), minLogBytes)
	}
	return n, nil
}

// KeepServers writes where the servers are while natter runs: variables for
// natter's tools, psql and others. Its owner alone can read it.
func (f *Folder) KeepServers(nats, monitor, database string) error {
	text := fmt.Sprintf("NATS_URL='%s'\nNATS_MONITOR_URL='%s'\nDATABASE_URL='%s'\n", nats, monitor, database)
	if err := writeWhole(filepath.Join(f.Dir, "servers.env"), text); err != nil {
		return fmt.Errorf("write where the servers are: %w", err)
	}
	return nil
}

// keep returns what a small file of the folder holds, or makes it.
func (f *Folder) keep(name string, fresh func() (string, error)) (string, error) {
	path := filepath.Join(f.Dir, name)
	raw, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(raw)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read %s: %w", path, err)
	}
	text, err := fresh()
	if err == nil {
		err = writeWhole(path, text+"\n")
	}
	if err != nil {
		return "", fmt.Errorf("make %s: %w", path, err)
	}
	return text, nil
}

// writeWhole writes a file that is there whole or not at all, after a power cut
// too, and that its owner alone can read.
func writeWhole(path, text string) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Close lets another natter use the folder.
func (f *Folder) Close() { f.lock.Close() }
