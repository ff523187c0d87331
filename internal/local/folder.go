package local

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Folder is natter's data folder on one machine, in use by this process alone:
//
//	lock       held by the natter that uses the folder
//	secret     of the access and refresh tokens, readable by its owner only
//	nats/      the log
//	postgres/  the tables; see StartPostgres
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

// Postgres is the folder of the database server.
func (f *Folder) Postgres() string { return filepath.Join(f.Dir, "postgres") }

// Secret returns the secret of this folder. The first time it is what fresh
// returns, which is kept.
func (f *Folder) Secret(fresh func() string) (string, error) {
	path := filepath.Join(f.Dir, "secret")
	raw, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(raw)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the secret: %w", err)
	}
	secret := fresh()
	if err := writeWhole(path, secret+"\n"); err != nil {
		return "", fmt.Errorf("keep the secret: %w", err)
	}
	return secret, nil
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
