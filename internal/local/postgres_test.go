package local_test

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/internal/local"
)

func startPostgres(t *testing.T, o local.PostgresOptions) *local.Postgres {
	t.Helper()
	p, err := local.StartPostgres(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPostgres(t, p) })
	return p
}

// reachable returns a folder that another account may enter, which the folders
// of a test are not.
func reachable(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Chmod(filepath.Dir(dir), 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

func stopPostgres(t *testing.T, p *local.Postgres) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := p.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// query runs one statement through psql, which comes with the server.
func query(t *testing.T, u, statement string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "psql", "-XAtqd", u, "-c", statement).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

func mustQuery(t *testing.T, u, statement, want string) {
	t.Helper()
	if got, err := query(t, u, statement); err != nil || got != want {
		t.Fatalf("%s: %q, %v; want %q", statement, got, err, want)
	}
}

func TestWhatWasCommittedIsThereAfterAStopAndAfterACrash(t *testing.T) {
	o := local.PostgresOptions{Dir: filepath.Join(reachable(t), "deep", "postgres"), Logger: slog.New(slog.NewTextHandler(t.Output(), nil))}
	p := startPostgres(t, o)
	mustQuery(t, p.URL(), "CREATE TABLE kept (x text); INSERT INTO kept VALUES ('é')", "")
	mustQuery(t, p.URL(), "SHOW fsync", "on")
	mustQuery(t, p.URL(), "SHOW server_encoding", "UTF8")

	before := p.URL()
	p.Kill()
	<-p.Done()
	if err := p.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p.URL() != before {
		t.Errorf("a restart moved the server from %s to %s", before, p.URL())
	}
	mustQuery(t, p.URL(), "SELECT x FROM kept", "é")

	stopPostgres(t, p)
	o.Port = p.Port()
	again := startPostgres(t, o)
	mustQuery(t, again.URL(), "SELECT x FROM kept", "é")
}

func TestNobodyGetsInWithoutThePassword(t *testing.T) {
	p := startPostgres(t, local.PostgresOptions{Dir: reachable(t)})
	u, err := url.Parse(p.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("natter", "wrong")
	if out, err := query(t, u.String(), "SELECT 1"); err == nil || !strings.Contains(out, "password authentication failed") {
		t.Errorf("with a wrong password: %q, %v", out, err)
	}
}

func TestATakenPortIsSaidInASentence(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	_, err = local.StartPostgres(t.Context(), local.PostgresOptions{Dir: reachable(t), Port: port})
	if err == nil || !strings.Contains(err.Error(), "something else does") {
		t.Fatalf("got %v", err)
	}
}

func TestASecondUserOfTheFolderIsRefused(t *testing.T) {
	dir := reachable(t)
	p := startPostgres(t, local.PostgresOptions{Dir: dir})
	_, err := local.StartPostgres(t.Context(), local.PostgresOptions{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "another natter uses") {
		t.Fatalf("got %v", err)
	}
	mustQuery(t, p.URL(), "SELECT 1", "1")
}

// On Linux a folder such as /root/natter/data works, too; elsewhere a sentence
// says what to do.
func TestAFolderThatTheServersAccountMayNotEnterIsHandedOver(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Log("only root drops to another account; as this user there is nothing to reach")
		return
	}
	closed := filepath.Join(reachable(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	p, err := local.StartPostgres(t.Context(), local.PostgresOptions{Dir: filepath.Join(closed, "postgres")})
	if runtime.GOOS != "linux" {
		if err == nil || !strings.Contains(err.Error(), "may not enter "+closed+":") {
			t.Fatalf("got %v", err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopPostgres(t, p) })
	if _, err := query(t, p.URL(), "CREATE TABLE kept (x int); INSERT INTO kept VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	p.Kill()
	if err := p.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := query(t, p.URL(), "SELECT x FROM kept"); err != nil {
		t.Fatal(err)
	}
}

// orphanEnv makes this test binary play a natter that is killed while its
// server runs.
const orphanEnv = "NATTER_TEST_ORPHAN_DIR"

func TestAServerThatAKilledNatterLeftBehindIsReplaced(t *testing.T) {
	if dir := os.Getenv(orphanEnv); dir != "" {
		p, err := local.StartPostgres(t.Context(), local.PostgresOptions{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := query(t, p.URL(), "CREATE TABLE kept (x int); INSERT INTO kept VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		os.Stdout.WriteString("ready\n")
		<-p.Done()
		return
	}
	dir := reachable(t)
	killed := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	killed.Env = append(os.Environ(), orphanEnv+"="+dir)
	out, err := killed.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	p := startPostgres(t, local.PostgresOptions{Dir: dir})
	mustQuery(t, p.URL(), "SELECT x FROM kept", "1")
}
