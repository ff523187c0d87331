package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

var errNoBinaries = errors.New("PostgreSQL is not installed here: install it (apt-get install postgresql, or brew install postgresql), or set DATABASE_URL to a server")

var majorVersion = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

// findBinaries returns the folder with the programs of PostgreSQL: the one in
// PATH, else Debian's, else Homebrew's, newest first. With a version, it is one
// of that major version, because no other can read the data.
func findBinaries(ctx context.Context, version string) (string, error) {
	found := ""
	for _, dir := range binaryDirs() {
		v := versionOf(ctx, dir)
		if v != "" && (version == "" || v == version) {
			return dir, nil
		}
		found += v
	}
	if found == "" {
		return "", errNoBinaries
	}
	return "", fmt.Errorf("the data were made by PostgreSQL %s, which is not installed here: install it, or move the data with pg_upgrade", version)
}

// binaryDirs returns the folders in which both programs lie, best first.
func binaryDirs() []string {
	var dirs []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			dirs = append(dirs, filepath.Dir(path))
		}
	}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin",
		"/opt/homebrew/opt/postgresql*/bin",
		"/usr/local/opt/postgresql*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
		"/usr/pgsql-*/bin",
	} {
		matches, _ := filepath.Glob(pattern) // the patterns are well-formed
		sort.Slice(matches, func(i, j int) bool { return number(matches[i]) > number(matches[j]) })
		dirs = append(dirs, matches...)
	}
	var complete []string
	for _, dir := range dirs {
		if isProgram(filepath.Join(dir, "postgres")) && isProgram(filepath.Join(dir, "initdb")) {
			complete = append(complete, dir)
		}
	}
	return complete
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// number returns the digits of a path as a number, to compare versions.
func number(path string) int {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, path)
	n, _ := strconv.Atoi(digits)
	return n
}

// versionOf returns the major version of the server in dir, "" if it does not say.
func versionOf(ctx context.Context, dir string) string {
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return ""
	}
	if m := majorVersion.FindSubmatch(out); m != nil {
		return string(m[1])
	}
	return ""
}
