package testenv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/natter-chat/natter/internal/local"
	"github.com/natter-chat/natter/sql"
)

// shared is the one server of this test process. Tests of a package have no
// other place in common than the package level.
var shared server

// server is a PostgreSQL server with a migrated database to clone.
type server struct {
	mu       sync.Mutex
	inMain   bool   // Main will stop it
	dir      string // of our own server, "" if there is none
	own      *local.Postgres
	admin    string // URL of a database from which others are made
	template string
	err      error // of the first start; the next would fail alike
}

// Main runs the package's tests, stops the servers that they share and ends the
// process. It fails if goroutines are left over:
//
//	func TestMain(m *testing.M) { testenv.Main(m) }
func Main(m *testing.M) {
	shared.mu.Lock()
	shared.inMain = true
	shared.mu.Unlock()
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// start returns the server's URL and the name of the template, after starting
// and migrating at the first call.
func (s *server) start(ctx context.Context) (admin, template string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.inMain {
		return "", "", errors.New("add func TestMain(m *testing.M) { testenv.Main(m) } to this package, which stops the server")
	}
	if s.template == "" && s.err == nil {
		s.err = s.prepare(ctx)
	}
	return s.admin, s.template, s.err
}

func (s *server) prepare(ctx context.Context) error {
	if s.admin = os.Getenv("NATTER_TEST_DATABASE_URL"); s.admin == "" {
		if err := s.startOwn(ctx); err != nil {
			return err
		}
	}
	template := randomName("template")
	if err := sql.CreateDatabase(ctx, s.admin, template, ""); err != nil {
		return err
	}
	s.template = template
	db, err := sql.Open(ctx, withDatabase(s.admin, template), slog.New(slog.DiscardHandler), nil)
	if err != nil {
		return err
	}
	defer db.Close() // nobody may be connected to a template
	return db.Migrate(ctx)
}

func (s *server) startOwn(ctx context.Context) (err error) {
	sweep()
	if s.dir, err = os.MkdirTemp("", "natter-postgres-"); err != nil {
		return err
	}
	s.own, err = local.StartPostgres(ctx, local.PostgresOptions{Dir: s.dir, Settings: map[string]string{
		"fsync":              "off",
		"synchronous_commit": "off",
		"full_page_writes":   "off",
		"autovacuum":         "off",
		"max_connections":    "300",
	}})
	if err == nil {
		s.admin = s.own.URL()
	}
	return err
}

// sweep removes what test processes that were killed left behind.
func sweep() {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), "natter-postgres-*"))
	for _, dir := range old {
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > 6*time.Hour {
			_ = os.RemoveAll(dir)
		}
	}
}

func (s *server) stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), databaseWithin)
	defer cancel()
	var err error
	if s.own != nil {
		err = s.own.Stop(ctx)
	} else if s.template != "" {
		err = sql.DropDatabase(ctx, s.admin, s.template)
	}
	if s.dir != "" {
		err = errors.Join(err, os.RemoveAll(s.dir))
	}
	return err
}
