package testenv

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/sql"
)

// databaseWithin bounds what a test waits for its database.
const databaseWithin = 60 * time.Second

// Postgres returns the URL of a database of the test's own, with natter's
// schema, which is dropped when the test ends. All tests of a process share one
// server, started when the first asks; the package's TestMain must call Main,
// which stops it. NATTER_TEST_DATABASE_URL, the URL of a role that may create
// databases, uses a server that runs already.
//
// The shared server does not sync to disk: it lives as long as the tests, and
// what they check survives no power cut. A test that kills its server uses
// StartPostgres, which syncs like the real one.
func Postgres(t testing.TB) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), databaseWithin)
	defer cancel()
	admin, template, err := shared.start(ctx)
	if err != nil {
		t.Fatalf("tests need PostgreSQL: %v", err)
	}
	name := randomName("test")
	if err := sql.CreateDatabase(ctx, admin, name, template); err != nil {
		t.Fatalf("clone the test database: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), databaseWithin)
		defer cancel()
		if err := sql.DropDatabase(ctx, admin, name); err != nil {
			t.Errorf("drop the test database: %v", err)
		}
	})
	return withDatabase(admin, name)
}

// StartPostgres starts a server of the test's own, which the test may kill and
// restart. Its database natter is empty. It stops when the test ends.
func StartPostgres(t testing.TB, o local.PostgresOptions) *local.Postgres {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(Dir(t), "postgres")
	}
	if o.Logger == nil {
		o.Logger = Logger(t, slog.LevelWarn)
	}
	ctx, cancel := context.WithTimeout(context.Background(), databaseWithin)
	defer cancel()
	p, err := local.StartPostgres(ctx, o)
	if err != nil {
		t.Fatalf("tests need PostgreSQL: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), databaseWithin)
		defer cancel()
		if err := p.Stop(ctx); err != nil {
			t.Errorf("stop PostgreSQL: %v", err)
		}
	})
	return p
}

// Dir is t.TempDir for data that a PostgreSQL server will hold: the server's
// account, which is another one if the tests run as root, may enter it.
func Dir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, path := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(path, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// withDatabase returns the URL of another database on the same server.
func withDatabase(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server // whoever connects reports it
	}
	u.Path = "/" + name
	return u.String()
}

func randomName(kind string) string {
	return "natter_" + kind + "_" + strings.ToLower(rand.Text()[:12])
}
