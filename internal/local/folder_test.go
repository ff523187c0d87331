package local_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/natter-chat/natter/internal/local"
)

func open(t *testing.T, dir string) *local.Folder {
	t.Helper()
	f, err := local.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

func TestOneUserOfAFolderAtATime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first := open(t, dir)
	if _, err := local.OpenFolder(dir); err == nil || !strings.Contains(err.Error(), "another natter uses the data folder") {
		t.Errorf("the second user got %v", err)
	}
	first.Close()
	open(t, dir)
}

func TestASecretIsMadeOnceAndForItsOwnerAlone(t *testing.T) {
	dir := t.TempDir()
	made := 0
	fresh := func() string { made++; return "hush" }
	for range 2 {
		f := open(t, dir)
		if secret, err := f.Secret(fresh); err != nil || secret != "hush" {
			t.Fatalf("got %q, %v", secret, err)
		}
		f.Close()
	}
	if made != 1 {
		t.Errorf("it was made %d times", made)
	}
	info, err := os.Stat(filepath.Join(dir, "secret"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestTheBoundOfTheLogIsChosenOnceAndMayBeEdited(t *testing.T) {
	dir := t.TempDir()
	f := open(t, dir)
	first, err := f.LogBytes()
	if err != nil || first < 256<<20 || first > 8<<30 {
		t.Fatalf("%d, %v", first, err)
	}
	file := filepath.Join(dir, "log-bytes")
	if err := os.WriteFile(file, []byte("1073741824\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := f.LogBytes(); err != nil || n != 1<<30 {
		t.Errorf("%d, %v after it was edited", n, err)
	}
	if err := os.WriteFile(file, []byte("much"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.LogBytes(); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("nonsense gave %v", err)
	}
}
